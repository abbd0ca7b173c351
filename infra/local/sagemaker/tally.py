"""How many calls each variant has answered since somebody last asked."""

from __future__ import annotations

import threading
from collections import Counter


class Tally:
    """Counts calls, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[tuple[str, str]] = Counter()

    def count(self, endpoint: str, variant: str) -> None:
        """A call was answered."""
        with self._lock:
            self._calls[endpoint, variant] += 1

    def take(self) -> Counter[tuple[str, str]]:
        """The calls of each variant, by the endpoint's name and its own; counting begins anew."""
        with self._lock:
            calls, self._calls = self._calls, Counter()
        return calls
