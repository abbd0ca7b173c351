"""One container in service: a process on a port of its own, healthy before any call reaches it."""

from __future__ import annotations

import http.client
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
    from collections.abc import Iterable
    from pathlib import Path

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

HEALTH_SECONDS = 60.0  # AWS gives eight minutes; a process here needs seconds
PING_SECONDS = 2.0


class UnhealthyError(Exception):
    """A container that did not come into service, and why."""


class Instance:
    """One container of a variant."""

    def __init__(self, variant: Record, process: Process, port: int) -> None:
        self.variant = variant
        self.process = process
        self.port = port
        self.pool = Pool(port)
        self.in_flight = 0

    def wait_until_healthy(self) -> None:
        """Ask /ping until it says 200.

        Raises:
            UnhealthyError: the container ended, or its time was up.
        """
        name = self.variant["VariantName"]
        seconds = self.variant.get("ContainerStartupHealthCheckTimeoutInSeconds", HEALTH_SECONDS)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.running():
            if _ping(self.port):
                return
            time.sleep(0.02)
        raise UnhealthyError(
            f"The {name} variant did not pass the ping health check. Please check CloudWatch logs "
            f"for this endpoint. It last wrote: {self.process.last_words()[-400:]}"
        )


def start(parts: Parts, endpoint: str, variant: Record, model: Record) -> Instance:
    """Start a container of a variant; it may not be healthy yet."""
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
    return Instance(variant, process, port)


def end(instances: Iterable[Instance]) -> None:
    """End containers, all at the same time, and forget their files."""
    ending = list(instances)
    enders = [threading.Thread(target=instance.process.end) for instance in ending]
    for ender in enders:
        ender.start()
    for ender in enders:
        ender.join()
    for instance in ending:
        forget(instance.process.base)


def forget(base: Path) -> None:
    """Remove the files of a container that has ended."""
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
