"""Who answers a call to an endpoint: the fleet in service, and during a roll-out a share by the new one."""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.sagemaker.fleet import AnySeat, Fleet

Call = tuple["Fleet", "AnySeat"]


class Traffic:
    """The routing of one endpoint; picking an instance and counting the call is one step: none is dropped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.ready = threading.Event()
        self._live: Fleet | None = None
        self._next: Fleet | None = None
        self._share = 0.0

    @property
    def live(self) -> Fleet | None:
        """The fleet in service."""
        return self._live

    def serve(self, fleet: Fleet) -> Fleet | None:
        """All calls to `fleet` from now on; the fleet that it replaces."""
        with self._lock:
            before, self._live, self._next, self._share = self._live, fleet, None, 0.0
        self.ready.set()
        return before

    def shift(self, fleet: Fleet | None, share: float) -> None:
        """Give a share of the calls to a fleet beside the one in service."""
        with self._lock:
            self._next, self._share = fleet, share

    def close(self) -> list[Fleet]:
        """No more calls; the fleets that were there."""
        with self._lock:
            fleets = [fleet for fleet in (self._live, self._next) if fleet]
            self._live = self._next = None
        self.ready.clear()
        return fleets

    @contextmanager
    def call(self, variant: str = "") -> Iterator[Call | None]:
        """A place at a fleet that is told of the call until it has been answered.

        Raises:
            ApiError: the variant may not take another call.
        """
        with self._lock:
            new = self._next if self._next and random.random() < self._share else None  # noqa: S311
            fleet = new or self._live
            seat = fleet.claim(variant) if fleet else None
        try:
            yield (fleet, seat) if fleet and seat else None
        finally:
            if seat:
                seat.leave()
