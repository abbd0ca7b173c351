"""The records of a batch transform: split from a file, gathered into requests, filtered, joined to answers.

https://docs.aws.amazon.com/sagemaker/latest/dg/batch-transform.html
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.endings import JobFailedError
from infra.local.sagemaker.selection import NothingThereError, Selector, parse, select

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.sagemaker.store import Record

MEGABYTE = 1024 * 1024
CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
FORMATS = (CSV, JSON, JSON_LINES)


def batches(data: bytes, *, lines: bool, single: bool, most: int) -> Iterator[list[bytes]]:
    """The records of each request: one, or as many as fit into `most` bytes (0: any number).

    Raises:
        JobFailedError: a record alone is too large.
    """
    records = [line for line in data.split(b"\n") if line.strip()] if lines else [data]
    batch: list[bytes] = []
    size = 0
    for record in records:
        if most and len(record) > most:
            raise JobFailedError(
                f"ClientError: a record of {len(record)} bytes is larger than MaxPayloadInMB"
            )
        if batch and (single or (most and size + len(record) + 1 > most)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += len(record) + 1
    if batch:
        yield batch


class Processing:
    """The filters and the join of a job; by default they change nothing."""

    def __init__(self, told: Record, content_type: str, accept: str) -> None:
        self._input: list[Selector] = parse(told.get("InputFilter", "$"))
        self._output: list[Selector] = parse(told.get("OutputFilter", "$"))
        self._joins = told.get("JoinSource", "None") == "Input"
        self._given = content_type.partition(";")[0].strip()
        self._accepted = accept.partition(";")[0].strip() or self._given

    @property
    def idle(self) -> bool:
        """Whether records and answers pass as they are."""
        return not (self._input or self._output or self._joins)

    def given(self, records: list[bytes]) -> list[bytes]:
        """What the container gets of each record.

        Raises:
            JobFailedError: a record does not have what is asked for.
        """
        if not self._input:
            return records
        return [_write(self._given, _chosen(self._input, _read(self._given, record))) for record in records]

    def taken(self, records: list[bytes], answer: bytes) -> list[bytes]:
        """What is kept of the answer to these records.

        Raises:
            JobFailedError: there is not one answer for each record.
        """
        if not (self._joins or self._output):
            return [answer]
        one_document = self._given == JSON and len(records) == 1
        answers = [answer] if one_document else [line for line in answer.splitlines() if line.strip()]
        if len(answers) != len(records):
            raise JobFailedError(
                f"ClientError: {len(records)} records got {len(answers)} answers: which belongs to which?"
            )
        return [self._joined(*pair) for pair in zip(records, answers, strict=True)]

    def _joined(self, record: bytes, answer: bytes) -> bytes:
        said = _read(self._accepted, answer)
        if not self._joins:
            return _write(self._accepted, _chosen(self._output, said))
        given = _read(self._given, record)
        if self._given == CSV:
            row = [*given, *(said if isinstance(said, list) else [said])]
            return _write(CSV, _chosen(self._output, row))
        whole = {**given, "SageMakerOutput": said} if isinstance(given, dict) else None
        whole = whole or {"SageMakerInput": given, "SageMakerOutput": said}
        return _write(self._given, _chosen(self._output, whole))


def _chosen(steps: list[Selector], value: Any) -> Any:
    try:
        return select(steps, value)
    except NothingThereError as error:
        raise JobFailedError(f"ClientError: a filter does not fit a record: {error}") from None


def _read(kind: str, record: bytes) -> Any:
    try:
        if kind == CSV:
            return next(csv.reader([record.decode()]))
        return json.loads(record)
    except (ValueError, StopIteration) as error:
        raise JobFailedError(f"ClientError: a record is not {kind}: {error}") from None


def _write(kind: str, value: Any) -> bytes:
    if kind != CSV:
        return json.dumps(value).encode()
    made = io.StringIO()
    csv.writer(made, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return made.getvalue().encode()
