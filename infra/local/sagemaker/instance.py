"""One container in service: a process on a port of its own, healthy before any call reaches it."""

from __future__ import annotations

import shutil
import threading
import uuid
from typing import TYPE_CHECKING

from infra.local.sagemaker import served
from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.files import BadArchiveError
from infra.local.sagemaker.wirepool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.process import Process
    from infra.local.sagemaker.store import Record

HEALTH_SECONDS = 60.0  # AWS gives eight minutes; a process here needs seconds


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
        if not served.healthy(self.process, self.port, seconds):
            raise UnhealthyError(
                f"The {name} variant did not pass the ping health check. Please check CloudWatch logs "
                f"for this endpoint. It last wrote: {self.process.last_words()[-400:]}"
            )


def start(parts: Parts, endpoint: str, variant: Record, model: Record) -> Instance:
    """Start a container of a variant; it may not be healthy yet.

    Raises:
        UnhealthyError: its model cannot be fetched, or it cannot be started.
    """
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    identity = uuid.uuid4().hex[:17]
    base = (parts.config.root / "endpoint" / endpoint / identity).resolve()
    stream = f"{variant['VariantName']}/i-{identity}"

    def keep(line: str) -> None:
        parts.outbox.line(f"/aws/sagemaker/Endpoints/{endpoint}", stream, line)

    if remark := parts.config.images.remark(served.image(model)):
        keep(remark)
    try:
        return Instance(variant, *served.start(parts, base, model, {}, keep))
    except (ApiError, BadArchiveError, ClientError, BotoCoreError, Boto3Error, OSError) as failure:
        forget(base)
        said = failure.what if isinstance(failure, ApiError) else failure
        raise UnhealthyError(f"Failed to download model data or to start the container: {said}") from failure


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
