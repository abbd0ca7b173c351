"""LocalStack 4.14 in an environment of its own, run as a plain process: no Docker, no token.

Made at the first run of `./tidegate test -- -m localstack`, from the hash-pinned `requirements.lock` beside
this file. LocalStack's code needs Python 3.13: the one in TIDEGATE_LOCALSTACK_PYTHON, or `python3.13` on the
PATH.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]


def _environment() -> Path:
    lock = HERE / "requirements.lock"
    home = CHECKOUT / ".tidegate" / f"localstack-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}"
    python = home / "bin" / "python"
    if (home / "complete").exists():
        return python
    base = os.environ.get("TIDEGATE_LOCALSTACK_PYTHON") or shutil.which("python3.13")
    if not base:
        raise RuntimeError("LocalStack 4.14 needs Python 3.13: name one in TIDEGATE_LOCALSTACK_PYTHON")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "--quiet", "--clear", "--python", base, home], check=True)
    subprocess.run(
        [*uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock], check=True
    )
    (home / "complete").touch()
    return python


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(endpoint: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 90
    while True:
        try:
            urllib.request.urlopen(f"{endpoint}/_localstack/health", timeout=2).close()
            return
        except OSError:
            if time.monotonic() > deadline or server.poll() is not None:
                raise RuntimeError(f"LocalStack did not start:\n{log.read_text()[-2000:]}") from None
            time.sleep(0.2)


@pytest.fixture(scope="session")
def localstack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The endpoint of a running LocalStack 4.14."""
    python = _environment()
    state = tmp_path_factory.mktemp("localstack")
    log = state / "log.txt"
    endpoint = f"http://127.0.0.1:{_free_port()}"
    with log.open("wb") as out:
        server = subprocess.Popen(
            [python, "-m", "localstack.runtime.main"],
            env={
                **os.environ,
                "GATEWAY_LISTEN": endpoint.removeprefix("http://"),
                "LOCALSTACK_VOLUME_DIR": str(state),
                "FILESYSTEM_ROOT": str(state),
                "PYTHONPATH": str(HERE / "plugin"),
                "LAMBDA_RUNTIME_EXECUTOR": "process",
                "PROVIDER_OVERRIDE_DYNAMODB": "moto",
                "PROVIDER_OVERRIDE_GLUE": "moto",
                # what it cannot deploy it leaves out, and the tests do by hand
                "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "1",
                "TIDEGATE_LAMBDA_PYTHON": sys.executable,
                # nothing is fetched or sent
                "SKIP_SSL_CERT_DOWNLOAD": "1",
                "DISABLE_EVENTS": "1",
                "DNS_ADDRESS": "0",
            },
            stdout=out,
            stderr=out,
        )
    try:
        _wait(endpoint, server, log)
        yield endpoint
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
