"""What an endpoint does, as CloudWatch metrics: a line of its log every few seconds, not one a request.

The line is CloudWatch's embedded metric format, which is read from every log group, SageMaker's among them
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html).
Each metric is there for the model and for each of its versions, so that two of them can be compared.
"""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from dataclasses import dataclass, field
from math import isnan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tidegate.models.capturing import Tally

log = logging.getLogger(__name__)  # the container's log writes messages as they are, one a line

NAMESPACE = "Tidegate"
EVERY_SECONDS = 10.0
AT_ONCE = 1000  # scores wait for each other to be counted in one go, which takes a third of the time
MOST_SCORES = 100  # values that one metric of one line may have; of more, as many are chosen by chance
_UNITS = {"Score": "None", "FirstPiece": "Milliseconds"}


@dataclass
class _Counts:
    predictions: int = 0
    refused: int = 0
    scores: list[float] = field(default_factory=list)
    waiting: list[float] = field(default_factory=list)  # scores that are not counted yet
    pieces: int = 0
    first_pieces: list[float] = field(default_factory=list)  # milliseconds
    streams: int = 0
    unfinished: int = 0

    def count_waiting(self) -> None:
        for score in self.waiting:
            self.predictions += 1
            if not isnan(score):  # a model that says NaN says nothing that can be averaged
                _sample(self.scores, score, self.predictions)
        self.waiting.clear()


class Measuring:
    """Counts answers; a thread tells of them, and of what became of captures."""

    def __init__(
        self,
        dimensions: Mapping[str, str],
        captures: Callable[[], Tally],
        *,
        write: Callable[[str], None] = log.info,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self._dimensions, self._captures = dict(dimensions), captures
        self._write, self._every_seconds = write, every_seconds
        self._counts = _Counts()
        self._lock, self._ended = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Begin to tell."""
        self._thread.start()

    def answered(self, scores: Sequence[float]) -> None:
        """Count the rows of one answer."""
        with self._lock:
            self._counts.waiting += scores
            if len(self._counts.waiting) >= AT_ONCE:
                self._counts.count_waiting()

    def streamed(self, pieces: int, first_milliseconds: float) -> None:
        """Count the pieces of one answer, the first of which was sent so long after it was asked for."""
        with self._lock:
            counts = self._counts
            counts.streams += 1
            counts.pieces += pieces
            _sample(counts.first_pieces, first_milliseconds, counts.streams)

    def unfinished(self) -> None:
        """Count an answer that was cut off or failed on its way."""
        with self._lock:
            self._counts.unfinished += 1

    def refused(self) -> None:
        """Count a request that breaks the contract."""
        with self._lock:
            self._counts.refused += 1

    def close(self) -> None:
        """Tell what is left."""
        self._ended.set()
        self._thread.join()
        self.tell()

    def tell(self) -> None:
        """Write one line, if anything happened since the last."""
        with self._lock:
            counts, self._counts = self._counts, _Counts()
        counts.count_waiting()
        captures = self._captures()
        told: dict[str, int | list[float]] = {
            "Predictions": counts.predictions,
            "RefusedRequests": counts.refused,
            "CapturedRows": captures.written,
            "LostCaptures": captures.lost,
            "FailedCaptureWrites": captures.failures,
        }
        seldom: dict[str, int | list[float]] = {
            "Score": counts.scores,
            "Pieces": counts.pieces,
            "FirstPiece": counts.first_pieces,
            "UnfinishedAnswers": counts.unfinished,
        }
        told |= {name: value for name, value in seldom.items() if value}
        if not any(told.values()):
            return
        self._write(json.dumps({"_aws": self._meaning(told), **self._dimensions, **told}))

    def _meaning(self, told: Mapping[str, object]) -> dict[str, object]:
        metrics = [{"Name": name, "Unit": _UNITS.get(name, "Count")} for name in told]
        dimensions = [[name for name in self._dimensions if name != "version"], list(self._dimensions)]
        block = {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}
        return {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [block]}

    def _run(self) -> None:
        while not self._ended.wait(self._every_seconds):
            self.tell()


def _sample(kept: list[float], value: float, count: int) -> None:
    """Keep the value, the `count`-th of its kind, with the chance that each of them has."""
    if len(kept) < MOST_SCORES:
        kept.append(value)
    elif (place := int(random.random() * count)) < MOST_SCORES:  # noqa: S311 - a sample
        kept[place] = value
