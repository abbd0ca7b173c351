"""A line: a queue with its dead letters, the rules that fill it and the worker that empties it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import Duration, aws_events, aws_lambda, aws_sqs
from aws_cdk.aws_events_targets import SqsQueue
from constructs import Construct

if TYPE_CHECKING:
    from infra.environments import Environment
    from infra.parts.worker import Worker

VISIBILITY = 6  # times the function's time-out, as AWS advises for a queue that feeds a function


class Line(Construct):
    """The queue called `name`, of the environment."""

    def __init__(self, scope: Construct, *, name: str, environment: Environment, timeout: int) -> None:
        super().__init__(
            scope, "".join(part.title() for part in [*name.replace("_", "-").split("-"), "line"])
        )
        self.name = name
        physical = f"tidegate-{environment.name}-{name}"
        self.dead_letters = _queue(self, "DeadLetters", f"{physical}-dead-letters", None, None)
        self.queue = _queue(
            self,
            "Queue",
            physical,
            Duration.seconds(VISIBILITY * timeout),
            aws_sqs.DeadLetterQueue(max_receive_count=environment.attempts, queue=self.dead_letters),
        )

    def filled_by(
        self,
        name: str,
        *,
        bus: aws_events.IEventBus | None,
        pattern: dict[str, Any],
        undelivered: aws_sqs.IQueue,
    ) -> aws_events.Rule:
        """Put the bus's events that match into the queue, whole."""
        rule = aws_events.Rule(self, name, event_bus=bus, event_pattern=aws_events.EventPattern(**pattern))
        rule.add_target(SqsQueue(self.queue, dead_letter_queue=undelivered))
        return rule

    def emptied_by(self, worker: Worker, *, at_once: int, messages: int) -> None:
        """Let the worker take messages from the queue, answering for each by itself."""
        aws_lambda.EventSourceMapping(
            self,
            "Mapping",
            target=worker.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=messages,
            report_batch_item_failures=True,
            max_concurrency=at_once,
        ).node.add_dependency(worker.policy)


def _queue(
    scope: Construct,
    role: str,
    name: str,
    visibility: Duration | None,
    dead_letters: aws_sqs.DeadLetterQueue | None,
) -> aws_sqs.Queue:
    return aws_sqs.Queue(
        scope,
        role,
        queue_name=name,
        encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
        visibility_timeout=visibility,
        dead_letter_queue=dead_letters,
    )
