"""What an endpoint remembers of an answer once it is sent: its metrics, its rows less what is personal."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.models.captures import lines

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
        at = datetime.now(UTC)
        rows = [self._impersonal(row) for row in answer.rows] if self._personal else answer.rows
        features = [{name: row[place] for place, name in self._features} for row in matrix.tolist()]
        told = lines(
            identity=answer.identity,
            at=at,
            version=self._version,
            rows=rows,
            features=features,
            scores=answer.scores,
        )
        self._capturing.keep(told, at)

    def _impersonal(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if name not in self._personal}
