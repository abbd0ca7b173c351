"""The processes behind one endpoint configuration: an instance each, healthy before any call reaches them."""

from __future__ import annotations

import http.client
import random
import shutil
import socket
import threading
import time
import uuid
from typing import TYPE_CHECKING

from infra.local.sagemaker.files import unpack
from infra.local.sagemaker.process import Process
from infra.local.sagemaker.wirepool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

HEALTH_SECONDS = 60.0  # AWS gives eight minutes; a process here needs seconds
PING_SECONDS = 2.0
DRAIN_SECONDS = 60.0  # the longest that AWS lets an invocation take


class UnhealthyError(Exception):
    """A container that did not come into service, and why."""


class Instance:
    """One container of a variant, on a port of its own."""

    def __init__(self, variant: str, process: Process, port: int) -> None:
        self.variant = variant
        self.process = process
        self.port = port
        self.pool = Pool(port)
        self.in_flight = 0

    def wait_until_healthy(self, deadline: float) -> None:
        """Ask /ping until it says 200.

        Raises:
            UnhealthyError: the container ended, or its time was up.
        """
        while time.monotonic() < deadline:
            if not self.process.running():
                break
            if _ping(self.port):
                return
            time.sleep(0.02)
        raise UnhealthyError(
            f"The {self.variant} variant did not pass the ping health check. Please check CloudWatch logs "
            f"for this endpoint. It last wrote: {self.process.last_words()[-400:]}"
        )


class Fleet:
    """All instances of an endpoint configuration."""

    def __init__(
        self, variants: list[Record], instances: list[Instance], start: Callable[[Record], Instance]
    ) -> None:
        self.variants = variants
        self._start = start
        self._instances: dict[str, list[Instance]] = {variant["VariantName"]: [] for variant in variants}
        for instance in instances:
            self._instances[instance.variant].append(instance)
        self._weights = [variant.get("InitialVariantWeight", 1.0) for variant in variants]
        self._names = list(self._instances)

    @property
    def size(self) -> int:
        """The number of instances."""
        return sum(map(len, self._instances.values()))

    def pick(self, variant: str = "") -> Instance | None:
        """The least busy instance of a variant, the variant drawn by weight where none is named."""
        name = variant or (
            self._names[0] if len(self._names) == 1 else random.choices(self._names, self._weights)[0]  # noqa: S311
        )
        instances = self._instances.get(name)
        if not instances:
            return None
        running = [instance for instance in instances if instance.process.running()]
        return min(running or instances, key=lambda instance: instance.in_flight)

    def heal(self, wanted: Callable[[], bool]) -> None:
        """Put a new instance in the place of each one that has ended, while the fleet is `wanted`.

        Raises:
            UnhealthyError: a new one does not come into service either.
        """
        for variant in self.variants:
            instances = self._instances[variant["VariantName"]]
            for position, instance in enumerate(instances):
                if instance.process.running() or not wanted():
                    continue
                new = self._start(variant)
                try:
                    new.wait_until_healthy(_deadline(variant))
                except UnhealthyError:
                    _end([new])
                    raise
                instances[position] = new
                _forget(instance.process.base)
                if not wanted():
                    _end([new])

    def stop(self) -> None:
        """Let the calls in flight end, then the processes."""
        instances = [instance for each in self._instances.values() for instance in each]
        deadline = time.monotonic() + DRAIN_SECONDS
        while any(instance.in_flight for instance in instances) and time.monotonic() < deadline:
            time.sleep(0.01)
        _end(instances)

    def kill(self) -> None:
        """End the processes at once."""
        for each in self._instances.values():
            for instance in each:
                instance.process.end(0)


def launch(parts: Parts, endpoint: str, config: Record, models: Mapping[str, Record]) -> Fleet:
    """Start the containers of an endpoint configuration and wait until all are healthy.

    Raises:
        UnhealthyError: one of them is not; none is left running.
    """

    def start(variant: Record) -> Instance:
        return _launch_one(parts, endpoint, variant, models[variant["ModelName"]])

    variants: list[Record] = config["ProductionVariants"]
    instances: list[Instance] = []
    deadlines: list[float] = []
    try:
        for variant in variants:
            for _ in range(variant.get("InitialInstanceCount", 1)):
                instances.append(start(variant))
                deadlines.append(_deadline(variant))
        for instance, deadline in zip(instances, deadlines, strict=True):
            instance.wait_until_healthy(deadline)
    except BaseException:
        _end(instances)
        raise
    return Fleet(variants, instances, start)


def _deadline(variant: Record) -> float:
    return time.monotonic() + float(
        variant.get("ContainerStartupHealthCheckTimeoutInSeconds", HEALTH_SECONDS)
    )


def _launch_one(parts: Parts, endpoint: str, variant: Record, model: Record) -> Instance:
    container = model.get("PrimaryContainer") or model["Containers"][0]
    role = model.get("ExecutionRoleArn", "")
    identity = uuid.uuid4().hex[:17]
    base = (parts.config.root / "endpoint" / endpoint / identity).resolve()
    (base / "ml" / "model").mkdir(parents=True)
    if url := container.get("ModelDataUrl"):
        unpack(parts.cloud.s3(role), url, base / "ml" / "model")
    isolated = model.get("EnableNetworkIsolation", False)
    port = _free_port()
    # an isolated endpoint keeps the network here, since its port must be reached, but gets no credentials
    cloud = {} if isolated else parts.cloud.container_environment(parts.cloud.assume(role))
    stream = f"{variant['VariantName']}/i-{identity}"
    process = Process(
        base,
        [*parts.config.images.program(container["Image"]), "serve"],
        {
            **parts.config.images.surroundings(container["Image"], base),
            **cloud,
            "AWS_REGION": parts.config.region,
            "AWS_DEFAULT_REGION": parts.config.region,
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "TIDEGATE_BIND_HOST": "127.0.0.1",  # the network is the machine's own
            "SAGEMAKER_SAFE_PORT_RANGE": f"{port}-{port}",
            **container.get("Environment", {}),
        },
        lambda line: parts.outbox.line(f"/aws/sagemaker/Endpoints/{endpoint}", stream, line),
    )
    return Instance(variant["VariantName"], process, port)


def _end(instances: list[Instance]) -> None:
    enders = [threading.Thread(target=instance.process.end) for instance in instances]
    for ender in enders:
        ender.start()
    for ender in enders:
        ender.join()
    for instance in instances:
        _forget(instance.process.base)


def _forget(base: Path) -> None:
    shutil.rmtree(base, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ping(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PING_SECONDS)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
