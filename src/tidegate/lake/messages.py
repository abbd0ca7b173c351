"""What every function that reads a queue does: each message on its own, so that a bad one fails no other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

MARGIN = 5.0  # seconds that a lease outlives the function which holds it


def each_event(
    batch: dict[str, Any], context: Any, logger: Logger, work: Callable[[Mapping[str, Any]], None]
) -> dict[str, Any]:
    """Do `work` for the EventBridge event in each message; those that failed are handed back to the queue.

    An error is logged by its type and place alone: its text may quote a row.
    """

    def one(record: SQSRecord) -> None:
        try:
            work(json.loads(record.body))
        except Exception as error:
            logger.warning(
                "message failed", error=type(error).__name__, at=_place(error), message_id=record.message_id
            )
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(batch, one, processor, context))


def seconds_left(context: Any) -> float:
    """How long a lease must last so that nobody takes it from a function that is still at work."""
    return float(context.get_remaining_time_in_millis()) / 1000 + MARGIN


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
