"""What the local SageMaker remembers: records by noun and key, as their Describe operations show them."""

from __future__ import annotations

import copy
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Record = dict[str, Any]  # the members of a Describe response: botocore's model is their type

NOUNS = (
    "training-job",
    "processing-job",
    "transform-job",
    "hyper-parameter-tuning-job",
    "model",
    "endpoint-config",
    "endpoint",
    "async-invocation",
    "scalable-target",
    "scaling-policy",
    "scaling-activity",
    "group",
    "package",
    "pipeline",
    "pipeline-execution",
    "action",
    "artifact",
    "context",
    "association",
    "experiment",
    "experiment-trial",
    "experiment-trial-component",
    "trial-membership",
    "model-card",
    "mlflow-tracking-server",
)


class Store:
    """Records by noun and key, and tags by ARN; `lock` makes several steps one, `on_change` hears of each."""

    def __init__(self) -> None:
        self.on_change: Callable[[], None] = lambda: None
        self.lock = threading.RLock()
        self._records: dict[str, dict[str, Record]] = {noun: {} for noun in NOUNS}
        self.tags: dict[str, dict[str, str]] = {}

    def put(self, noun: str, key: str, record: Record) -> Record:
        """Keep `record` under `key`."""
        with self.lock:
            self._records[noun][key] = record
        self.on_change()
        return record

    def find(self, noun: str, key: str) -> Record | None:
        """The record under `key`, or None."""
        return self._records[noun].get(key)

    def every(self, noun: str) -> list[Record]:
        """All records of a noun, oldest first."""
        with self.lock:
            return list(self._records[noun].values())

    def remove(self, noun: str, key: str) -> None:
        """Forget the record under `key`."""
        with self.lock:
            self._records[noun].pop(key, None)
        self.on_change()

    def change(self, record: Record, **members: Any) -> None:
        """Change members of a record, with the time at which it happened."""
        with self.lock:
            record.update(members, LastModifiedTime=time.time())
        self.on_change()

    def dump(self) -> dict[str, Any]:
        """Everything, as plain JSON values."""
        with self.lock:
            return copy.deepcopy({"records": self._records, "tags": self.tags})

    def load(self, dumped: dict[str, Any]) -> None:
        """Take the place of what `dump` gave before a restart."""
        with self.lock:
            self.clear()
            for noun in NOUNS:
                self._records[noun].update(dumped.get("records", {}).get(noun, {}))
            self.tags.update(dumped.get("tags", {}))

    def clear(self) -> None:
        """Forget everything."""
        with self.lock:
            for records in self._records.values():
                records.clear()
            self.tags.clear()


def page(
    request: Record, records: list[Record], member: str, summary: Callable[[Record], Record], name: str
) -> Record:
    """One page of a List operation: filtered by name and status, sorted, cut at MaxResults."""
    chosen = [record for record in records if _asked_for(request, record, name)]
    by = request.get("SortBy", "CreationTime")
    keys = {"Name": lambda record: record[name], "Status": _status}
    key = keys.get(by, lambda record: record["CreationTime"])
    chosen.sort(key=key, reverse=request.get("SortOrder") != "Ascending")
    start = int(request.get("NextToken") or 0)
    stop = start + int(request.get("MaxResults") or 100)
    answer: Record = {member: [summary(record) for record in chosen[start:stop]]}
    if stop < len(chosen):
        answer["NextToken"] = str(stop)
    return answer


def _asked_for(request: Record, record: Record, name: str) -> bool:
    status = _status(record)
    changed = float(record.get("LastModifiedTime") or record["CreationTime"])
    if {"WarmPoolStatusEquals", "TrainingPlanArnEquals"} & request.keys():
        return False  # no job here has either
    return (
        float(request.get("LastModifiedTimeAfter", 0)) <= changed
        and float(request.get("LastModifiedTimeBefore", float("inf"))) >= changed
        and request.get("NameContains", "") in record.get(name, "")
        and request.get("StatusEquals", status) == status
        and float(request.get("CreationTimeAfter", 0)) <= record["CreationTime"]
        and float(request.get("CreationTimeBefore", float("inf"))) >= record["CreationTime"]
    )


def _status(record: Record) -> str:
    kinds = (key for key in record if key.endswith("Status") and not key.startswith("Secondary"))
    return str(next((record[key] for key in kinds), ""))
