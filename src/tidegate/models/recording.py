"""What an endpoint remembers of an answer once it is sent: its metrics, its rows less what is personal."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.models.captures import lines, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tidegate.models.answer import Answer, Row
    from tidegate.models.capturing import Capturing
    from tidegate.models.measuring import Measuring


class Recording:
    """Remembers the answers of one version."""

    def __init__(
        self,
        capturing: Capturing,
        measuring: Measuring,
        *,
        version: int,
        features: Sequence[str],
        personal: frozenset[str],
        sampled: float,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._capturing, self._measuring, self._version = capturing, measuring, version
        self._features = [(place, name) for place, name in enumerate(features) if name not in personal]
        self._every = tuple(features) if len(self._features) == len(features) else ()
        self._millisecond, self._moment = 0, (datetime.min.replace(tzinfo=UTC), "")
        self._personal, self._sampled, self._chance = personal, sampled, chance

    def start(self) -> None:
        """Begin to write down what is remembered."""
        self._capturing.start()
        self._measuring.start()

    def close(self) -> None:
        """Write down what is left."""
        self._capturing.close()
        self._measuring.close()  # it tells how the captures ended

    def answered(self, answer: Answer) -> None:
        """Remember an answer that was sent."""
        if answer.features is None:
            return
        self._measuring.answered(answer.scores)
        if self._chance() < self._sampled:
            self._capture(answer, answer.features)

    def refused(self) -> None:
        """Remember that a request broke the contract."""
        self._measuring.refused()

    def _capture(self, answer: Answer, matrix: NDArray[np.float32]) -> None:
        at, moment = self._now()
        rows = [self._impersonal(row) for row in answer.rows] if self._personal else answer.rows
        features = [self._seen(values) for values in matrix.tolist()]
        told = lines(
            identity=answer.identity,
            moment=moment,
            version=self._version,
            rows=rows,
            features=features,
            scores=answer.scores,
        )
        self._capturing.keep(told, at)

    def _now(self) -> tuple[datetime, str]:
        """The moment, and its words, which are made once a millisecond."""
        millisecond = int(time.time() * 1000)
        if millisecond != self._millisecond:
            at = datetime.fromtimestamp(millisecond / 1000, UTC)
            self._millisecond, self._moment = millisecond, (at, moment_of(at))
        return self._moment

    def _seen(self, values: list[float]) -> dict[str, float]:
        if self._every:
            return dict(zip(self._every, values, strict=True))
        return {name: values[place] for place, name in self._features}

    def _impersonal(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if name not in self._personal}
