"""The instances of one variant: how many there are, which of them answers a call, how they are kept alive."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.instance import Instance, end, forget

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.store import Record


class Seat:
    """The place of one call at an instance, from its routing to its answer."""

    def __init__(self, variant: Variant, instance: Instance, among: int) -> None:
        self.variant = variant.name
        self.among = among  # instances that share the calls of the variant
        self.taken = instance
        self._variant = variant

    async def instance(self) -> Instance:
        """The container that answers."""
        return self.taken

    def leave(self) -> None:
        """The call has been answered."""
        self._variant.leave(self.taken)


class Variant:
    """A variant on instances, of at most so many calls each; `start` starts one, perhaps not yet healthy."""

    def __init__(
        self, record: Record, start: Callable[[], Instance], most_calls: float, drain_seconds: float
    ) -> None:
        self.record = record
        self.name: str = record["VariantName"]
        self.weight: float = record["InitialVariantWeight"]
        self._start = start
        self._most_calls = most_calls
        self._drain_seconds = drain_seconds
        self._instances: list[Instance] = []
        self._changed = threading.Condition()
        self._closed = False

    @property
    def size(self) -> int:
        """The number of instances."""
        return len(self._instances)

    def shown(self) -> Record:
        """How many instances there are, as a description says it."""
        return {"CurrentInstanceCount": self.size}

    def adapt(self, record: Record) -> None:
        """Take over the weight and the number of instances of a record.

        Raises:
            UnhealthyError: a new instance does not start.
        """
        self.resize(record["InitialInstanceCount"])
        self.record, self.weight = record, record["InitialVariantWeight"]

    def claim(self) -> Seat | None:
        """A place at the least busy instance; None where none may take another call."""
        with self._changed:
            running = [instance for instance in self._instances if instance.process.running()]
            chosen = min(running or self._instances, key=lambda each: each.in_flight, default=None)
            if chosen is None or chosen.in_flight >= self._most_calls:
                return None
            chosen.in_flight += 1
            return Seat(self, chosen, self.size)

    def leave(self, instance: Instance) -> None:
        """A call that `claim` placed there has been answered."""
        with self._changed:
            instance.in_flight -= 1
            self._changed.notify_all()

    def resize(self, count: int) -> None:
        """Have so many instances: new ones are healthy before they answer, old ones answer to the end.

        Raises:
            UnhealthyError: a new one is not; those that were there stay.
        """
        new: list[Instance] = []
        try:
            for _ in range(count - self.size):
                new.append(self._start())
            for instance in new:
                instance.wait_until_healthy()
        except BaseException:
            end(new)
            raise
        with self._changed:
            if not self._closed:
                self._instances += new
                new = self._instances[count:]
                del self._instances[count:]
        self._retire(new)

    def heal(self, wanted: Callable[[], bool]) -> None:
        """Put a new instance in the place of each one that has ended, while the variant is `wanted`.

        Raises:
            UnhealthyError: a new one does not come into service either.
        """
        for instance in list(self._instances):
            if instance.process.running() or not wanted():
                continue
            new = self._start()
            try:
                new.wait_until_healthy()
            except BaseException:
                end([new])
                raise
            with self._changed:
                kept = not self._closed and instance in self._instances and wanted()
                if kept:
                    self._instances[self._instances.index(instance)] = new
            end([] if kept else [new])
            forget(instance.process.base)

    def stop(self) -> None:
        """Let the calls in flight end, then the processes."""
        with self._changed:
            self._closed = True
            leaving, self._instances = self._instances, []
        self._retire(leaving)

    def kill(self) -> None:
        """End the processes at once."""
        with self._changed:
            self._closed = True
            for instance in self._instances:
                instance.process.end(0)

    def _retire(self, leaving: list[Instance]) -> None:
        deadline = time.monotonic() + self._drain_seconds
        with self._changed:
            while any(instance.in_flight for instance in leaving):
                if not self._changed.wait(max(0.0, deadline - time.monotonic())):
                    break
        end(leaving)
