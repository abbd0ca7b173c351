"""What an endpoint remembers of an answer once it is sent: its metrics, its rows less what is personal."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate.models.capture_lines import Kept, Pattern
from tidegate.models.captures import moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from tidegate.models.answer import Answer, Row
    from tidegate.models.capturing import Capturing
    from tidegate.models.measuring import Measuring

LINES_AT_ONCE = 64  # more wait for each other to become lines in one go, which takes a third of the time


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
        places = [place for place, name in enumerate(features) if name not in personal]
        self._pattern = Pattern(version, [features[place] for place in places])
        self._places = places if len(places) < len(features) else None
        self._millisecond, self._moment = 0, (datetime.min.replace(tzinfo=UTC), "")
        self._personal, self._sampled, self._chance = personal, sampled, chance
        self._held: list[Kept] = []
        self._held_lines, self._held_since, self._holding = 0, self._moment[0], threading.RLock()
        capturing.ask_first(self._hand_over)

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
        seen = matrix if self._places is None else matrix[:, self._places]
        with self._holding:
            if self._held and at.hour != self._held_since.hour:  # each hour has its own files
                self._hand_over()
            if not self._held:
                self._held_since = at
            self._held.append(Kept(answer.identity, moment, rows, seen, answer.scores))
            self._held_lines += len(rows)
            if self._held_lines >= LINES_AT_ONCE:
                self._hand_over()

    def _hand_over(self) -> None:
        with self._holding:
            held, count, since = self._held, self._held_lines, self._held_since
            self._held, self._held_lines = [], 0
            if held:
                self._capturing.keep(self._pattern.written(held), count, since)

    def _now(self) -> tuple[datetime, str]:
        """The moment, and its words, which are made once a millisecond."""
        millisecond = int(time.time() * 1000)
        if millisecond != self._millisecond:
            at = datetime.fromtimestamp(millisecond / 1000, UTC)
            self._millisecond, self._moment = millisecond, (at, moment_of(at))
        return self._moment

    def _impersonal(self, row: Row) -> Row:
        return {name: value for name, value in row.items() if name not in self._personal}
