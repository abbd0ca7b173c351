"""Start, find and stop the local cloud, and make clients for it.

A cloud lives in its state folder: `server.json` says which process serves it and where, `server.log` what
it said, `services/` and `objects/` hold what AWS would keep. Where `AWS_ENDPOINT_URL` already points
somewhere, `attach` uses that cloud in place of one of ours.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate.errors import Mistake, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION = "eu-west-1"
ACCOUNT = "000000000000"
HOST = "127.0.0.1"
HEALTH = "/_ministack/health"
_started: dict[int, subprocess.Popen[bytes]] = {}  # held, so that a server which ended is no zombie
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class LocalCloud:
    """A running cloud that is not AWS."""

    endpoint: str
    pid: int = 0  # 0 where somebody else runs it

    def environment(self) -> dict[str, str]:
        """The variables that make any AWS client talk to this cloud, as its account's root."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            # botocore would otherwise call sync-127.0.0.1 and data-127.0.0.1
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }

    @cached_property
    def session(self) -> Any:  # boto3's own session type cannot be named without its stubs
        """A boto3 session whose clients go to this cloud, whatever the environment says."""
        from boto3 import Session as AwsSession
        from localstack_client.session import Session

        session = Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)  # noqa: S106
        # it would take the endpoint from the environment, and knows fewer services than botocore does
        session._service_endpoint_mapping = dict.fromkeys(
            AwsSession().get_available_services(), self.endpoint
        )
        return session

    def client(self, service: str) -> Any:
        """A boto3 client of `service` for this cloud."""
        return self.session.client(service)


def attach(environ: Mapping[str, str] = os.environ) -> LocalCloud | None:
    """The cloud that `AWS_ENDPOINT_URL` names, or None when it names none."""
    endpoint = environ.get("AWS_ENDPOINT_URL", "")
    return LocalCloud(endpoint.rstrip("/")) if endpoint else None


def find(state: Path) -> LocalCloud | None:
    """The cloud that runs on `state`, or None."""
    try:
        said = json.loads((state / "server.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    cloud = LocalCloud(said["endpoint"], said["pid"])
    return cloud if _runs(cloud.pid) and _answers(cloud.endpoint) else None


def start(state: Path, port: int = 4566, *, wait_seconds: float = 30) -> LocalCloud:
    """The cloud that keeps its state in `state`, started in the background unless it already runs.

    Raises:
        Mistake: it ended while starting, as when the port is taken.
        Transient: it did not answer in time.
    """
    if running := find(state):
        return running
    state.mkdir(parents=True, exist_ok=True)
    log = state / "server.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.server", "--port", str(port), "--state", str(state)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_import_paths())},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    _started[process.pid] = process
    deadline = time.monotonic() + wait_seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Mistake(
                f"local cloud on port {port}",
                f"it ended while starting: {' '.join(last)}",
                f"Its log is {log}; another port may be free: --port",
            )
        cloud = find(state)
        if cloud:
            return cloud
        time.sleep(0.02)
    raise Transient(
        f"local cloud on port {port}", f"no answer within {wait_seconds:g} s", f"Its log is {log}"
    )


def stop(state: Path, *, wait_seconds: float = 20) -> bool:
    """End the cloud that runs on `state`, its state saved; False when none ran."""
    cloud = find(state)
    if cloud is None:
        return False
    os.kill(cloud.pid, signal.SIGTERM)
    deadline = time.monotonic() + wait_seconds
    while _runs(cloud.pid):
        if time.monotonic() > deadline:
            os.kill(cloud.pid, signal.SIGKILL)
        time.sleep(0.02)
    (state / "server.json").unlink(missing_ok=True)
    return True


def _import_paths() -> list[str]:
    """Where the server and the functions it runs find this checkout, installed or not."""
    return [str(ROOT), str(ROOT / "src"), *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]


def _runs(pid: int) -> bool:
    if pid in _started:
        return _started[pid].poll() is None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _answers(endpoint: str) -> bool:
    try:
        with urllib.request.urlopen(endpoint + HEALTH, timeout=2) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False
