"""A container that serves a model, as a process on a port of its own, and whether it is healthy."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.files import unpack
from infra.local.sagemaker.process import Process

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

PING_SECONDS = 2.0


def image(model: Record) -> str:
    """The image of a model's container."""
    return str((model.get("PrimaryContainer") or model["Containers"][0])["Image"])


def start(
    parts: Parts, base: Path, model: Record, variables: Mapping[str, str], keep: Callable[[str], None]
) -> tuple[Process, int]:
    """Start the container of a model in `base`; the process, which may not be healthy yet, and its port."""
    container = model.get("PrimaryContainer") or model["Containers"][0]
    role = model.get("ExecutionRoleArn", "")
    (base / "ml" / "model").mkdir(parents=True)
    if url := container.get("ModelDataUrl"):
        unpack(parts.cloud.s3(role), url, base / "ml" / "model")
    port = _free_port()
    # an isolated one keeps the network here, since its port must be reached, but gets no credentials
    isolated = model.get("EnableNetworkIsolation", False)
    cloud = {} if isolated else parts.cloud.container_environment(parts.cloud.assume(role))
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
            **variables,
        },
        keep,
    )
    return process, port


def healthy(process: Process, port: int, seconds: float) -> bool:
    """Ask /ping until it says 200; False when the container ended, or its time was up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.running():
        if _ping(port):
            return True
        time.sleep(0.02)
    return False


def execution_parameters(port: int) -> dict[str, Any]:
    """What a container says of how a batch is to be sent to it; nothing, where it does not say."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PING_SECONDS)
    try:
        connection.request("GET", "/execution-parameters")
        answer = connection.getresponse()
        said = json.loads(answer.read()) if answer.status == 200 else {}
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
    known = ("MaxConcurrentTransforms", "BatchStrategy", "MaxPayloadInMB")
    return {name: said[name] for name in known if name in said} if isinstance(said, dict) else {}


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
