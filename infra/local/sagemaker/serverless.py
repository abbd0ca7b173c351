"""A serverless variant: a container for each call at the same time, started by it, ended when it is idle.

https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html: calls beyond MaxConcurrency are
throttled, ProvisionedConcurrency containers are always there, all others come with a cold start.
"""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.instance import Instance, end

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.store import Record

MOST_STARTING = 64  # cold starts at the same time, of all endpoints
IDLE_SECONDS = 300.0  # passes at the time scale; AWS tells no figure
DRAIN_SECONDS = 60.0
_starters = ThreadPoolExecutor(MOST_STARTING, thread_name_prefix="sagemaker-cold-start")


class ServerlessSeat:
    """The place of one call, and the container that it gets."""

    among = 1

    def __init__(self, variant: ServerlessVariant, warm: Instance | None) -> None:
        self.variant = variant.name
        self.setup_seconds: float | None = None
        self._variant = variant
        self._instance = warm
        self._left = False
        self._lock = threading.Lock()

    async def instance(self) -> Instance:
        """The container that answers: a warm one, or one that is started now.

        Raises:
            UnhealthyError: it does not start.
        """
        if self._instance is None or not self._instance.process.running():
            await asyncio.get_running_loop().run_in_executor(_starters, self._start)
        assert self._instance is not None
        return self._instance

    def leave(self) -> None:
        """The call has been answered, or given up while its container was starting."""
        with self._lock:
            self._left = True
            instance, self._instance = self._instance, None
        self._variant.leave(instance)

    def _start(self) -> None:
        began = time.perf_counter()
        started = self._variant.start_one()
        with self._lock:
            self.setup_seconds = time.perf_counter() - began
            gone, self._instance = self._instance, started
            left = self._left
        self._variant.drop([gone] if gone else [])
        if left:
            self._variant.keep(started)


class ServerlessVariant:
    """A variant without instances of its own; `start` starts a container, which may not be healthy yet."""

    size = 0

    def __init__(self, record: Record, start: Callable[[], Instance], time_scale: float) -> None:
        self.record = record
        self.name: str = record["VariantName"]
        self.weight: float = record["InitialVariantWeight"]
        self.most, self.provisioned = _concurrency(record)
        self._start = start
        self._idle_seconds = IDLE_SECONDS * time_scale
        self._idle: list[tuple[float, Instance]] = []
        self._all: list[Instance] = []
        self._busy = 0
        self._changed = threading.Condition()
        self._closed = False

    def shown(self) -> Record:
        """What it may use, as a description says it."""
        return {"CurrentInstanceCount": 0, "CurrentServerlessConfig": self.record["ServerlessConfig"]}

    def adapt(self, record: Record) -> None:
        """Take over the weight and the concurrency of a record.

        Raises:
            UnhealthyError: a provisioned container does not start.
        """
        self.most, self.provisioned = _concurrency(record)
        self.heal(lambda: True)
        self.record, self.weight = record, record["InitialVariantWeight"]

    def claim(self) -> ServerlessSeat:
        """A place for a call, at the container that was used last where one is idle.

        Raises:
            ApiError: ThrottlingException, as many calls as may be are under way.
        """
        with self._changed:
            if self._busy >= self.most:
                raise ApiError(
                    "ThrottlingException",
                    f"Rate exceeded: variant {self.name} answers {self.most} calls at the same time",
                )
            self._busy += 1
            return ServerlessSeat(self, self._idle.pop()[1] if self._idle else None)

    def leave(self, instance: Instance | None) -> None:
        """A call that `claim` placed has been answered."""
        if instance:
            self.keep(instance)
        with self._changed:
            self._busy -= 1
            self._changed.notify_all()

    def keep(self, instance: Instance) -> None:
        """Have a container wait for the next call."""
        with self._changed:
            if not self._closed:
                self._idle.append((time.monotonic(), instance))
                return
        self.drop([instance])

    def start_one(self) -> Instance:
        """A new container, healthy.

        Raises:
            UnhealthyError: it did not start.
        """
        instance = self._start()
        with self._changed:
            self._all.append(instance)
            closed = self._closed
        try:
            if closed:
                raise ApiError("ServiceUnavailable", f"Variant {self.name} is being removed", 503)
            instance.wait_until_healthy()
        except BaseException:
            self.drop([instance])
            raise
        return instance

    def resize(self, count: int) -> None:  # noqa: ARG002 - a variant on instances has a count
        """Prove that a container starts, and have those that are provisioned.

        Raises:
            UnhealthyError: it did not start.
        """
        for _ in range(max(1, self.provisioned) - len(self._all)):
            self.keep(self.start_one())

    def heal(self, wanted: Callable[[], bool]) -> None:
        """End what has been idle for long or has ended by itself, and start what is provisioned.

        Raises:
            UnhealthyError: a provisioned one does not start.
        """
        with self._changed:
            surplus = len(self._all) - self.provisioned
            before = time.monotonic() - self._idle_seconds
            leaving = [each for since, each in self._idle if since < before][: max(0, surplus)]
            leaving += [each for _, each in self._idle if each not in leaving and not each.process.running()]
            self._idle = [(since, each) for since, each in self._idle if each not in leaving]
        self.drop(leaving)
        while wanted() and len(self._all) < self.provisioned:
            self.keep(self.start_one())

    def stop(self) -> None:
        """Let the calls in flight end, then the containers."""
        deadline = time.monotonic() + DRAIN_SECONDS
        with self._changed:
            self._closed = True
            while self._busy and self._changed.wait(max(0.0, deadline - time.monotonic())):
                pass
            self._idle.clear()
            leaving = list(self._all)
        self.drop(leaving)

    def kill(self) -> None:
        """End the containers at once."""
        with self._changed:
            self._closed = True
            for instance in self._all:
                instance.process.end(0)

    def drop(self, leaving: list[Instance]) -> None:
        """End these containers."""
        with self._changed:
            self._all = [each for each in self._all if each not in leaving]
        end(leaving)


def _concurrency(record: Record) -> tuple[int, int]:
    config = record["ServerlessConfig"]
    return config["MaxConcurrency"], config.get("ProvisionedConcurrency", 0)
