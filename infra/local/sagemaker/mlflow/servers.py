"""CreateMlflowTrackingServer and its companions."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING

from infra.local.images import MLFLOW
from infra.local.sagemaker.faults import ApiError, invalid, not_found, not_implemented
from infra.local.sagemaker.process import Process
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts

_log = logging.getLogger(__name__)
NOUN = "mlflow-tracking-server"
VERSION = "3.17.2"  # the one of the lock
START_SECONDS = 120.0
LOOK_EVERY_SECONDS = 0.3
RUNS = ("Created", "Started", "Updated")


class TrackingServers:
    """Tracking servers, each a process under the role that it was given."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._running: dict[str, tuple[Process, int]] = {}

    def operations(self) -> dict[str, Callable[[Record], Record]]:
        """The operations by their names."""
        return {
            "CreateMlflowTrackingServer": self.create,
            "DescribeMlflowTrackingServer": self.describe,
            "ListMlflowTrackingServers": self.list_page,
            "StartMlflowTrackingServer": self.start,
            "StopMlflowTrackingServer": self.stop,
            "DeleteMlflowTrackingServer": self.delete,
            "CreatePresignedMlflowTrackingServerUrl": self.presign,
        }

    def create(self, request: Record) -> Record:
        """CreateMlflowTrackingServer: it is there when its process answers."""
        if not MLFLOW.built:
            raise invalid(
                "MLflow has no environment here. Make it once: tidegate images build mlflow; then create the "
                "tracking server again"
            )
        if not VERSION.startswith(request.get("MlflowVersion", VERSION)):
            raise not_implemented(f"MlflowVersion {request['MlflowVersion']} (here {VERSION} runs)")
        if request.get("AutomaticModelRegistration"):
            raise not_implemented("AutomaticModelRegistration")
        self.parts.cloud.assume(request["RoleArn"])
        name = request["TrackingServerName"]
        arn, now = self.parts.config.arn(NOUN, name), time.time()
        tags = request.pop("Tags", [])
        with self.parts.store.lock:
            if self.parts.store.find(NOUN, name):
                raise invalid(f"Tracking Server {arn} already exists.")
            record = {
                "TrackingServerSize": "Small",
                **request,
                "MlflowVersion": VERSION,
                "TrackingServerArn": arn,
                "TrackingServerStatus": "Creating",
                "IsActive": "Inactive",
                "CreationTime": now,
                "LastModifiedTime": now,
                "CreatedBy": {},
                "LastModifiedBy": {},
            }
            self.parts.store.put(NOUN, name, record)
            self.parts.tag(arn, tags)
        self._begin(record, "Created", "CreateFailed")
        return {"TrackingServerArn": arn}

    def describe(self, request: Record) -> Record:
        """DescribeMlflowTrackingServer."""
        return self.get(request["TrackingServerName"])

    def get(self, name: str) -> Record:
        """The server of that name or ARN."""
        found = self.parts.store.find(NOUN, name.rpartition("/")[2])
        if found is None:
            raise not_found(f"Tracking Server {name} does not exist.")
        return found

    def list_page(self, request: Record) -> Record:
        """ListMlflowTrackingServers."""
        kept = ("TrackingServerArn", "TrackingServerName", "CreationTime", "LastModifiedTime")
        more = ("TrackingServerStatus", "IsActive", "MlflowVersion")
        named = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
        named |= {"TrackingServerStatus": "StatusEquals"}
        asked = {named.get(member, member): value for member, value in request.items()}
        every = self.parts.store.every(NOUN)
        return page(
            asked, every, "TrackingServerSummaries", lambda one: {m: one[m] for m in (*kept, *more)}, kept[1]
        )

    def start(self, request: Record) -> Record:
        """StartMlflowTrackingServer, of one that was stopped."""
        record = self.get(request["TrackingServerName"])
        if record["TrackingServerStatus"] not in ("Stopped", "StartFailed"):
            raise _conflict(record, "started")
        self.parts.store.change(record, TrackingServerStatus="Starting")
        self._begin(record, "Started", "StartFailed")
        return {"TrackingServerArn": record["TrackingServerArn"]}

    def stop(self, request: Record) -> Record:
        """StopMlflowTrackingServer: its runs stay."""
        record = self.get(request["TrackingServerName"])
        if record["TrackingServerStatus"] not in RUNS:
            raise _conflict(record, "stopped")
        self._end(record["TrackingServerName"])
        self.parts.store.change(record, TrackingServerStatus="Stopped", IsActive="Inactive")
        return {"TrackingServerArn": record["TrackingServerArn"]}

    def delete(self, request: Record) -> Record:
        """DeleteMlflowTrackingServer; its artifacts stay in S3, as in AWS."""
        record = self.get(request["TrackingServerName"])
        self._end(record["TrackingServerName"])
        self.parts.store.remove(NOUN, record["TrackingServerName"])
        return {"TrackingServerArn": record["TrackingServerArn"]}

    def presign(self, request: Record) -> Record:
        """CreatePresignedMlflowTrackingServerUrl: the process's own page, which only this machine can ask."""
        record = self.get(request["TrackingServerName"])
        return {"AuthorizedUrl": f"{self.address(record)}/?authToken={uuid.uuid4().hex}"}

    def address(self, record: Record) -> str:
        """Where the process of a server answers.

        Raises:
            ApiError: it does not run.
        """
        running = self._running.get(record["TrackingServerName"])
        if record["TrackingServerStatus"] not in RUNS or running is None:
            raise _conflict(record, "asked")
        return f"http://127.0.0.1:{running[1]}"

    def bring_back(self) -> None:
        """After a restart: what ran runs again."""
        for record in self.parts.store.every(NOUN):
            if record["TrackingServerStatus"] in (*RUNS, "Creating", "Starting"):
                self._begin(record, "Started", "StartFailed")

    def kill(self) -> None:
        """End every process at once."""
        for name in list(self._running):
            self._end(name, 0)

    def _begin(self, record: Record, then: str, otherwise: str) -> None:
        name = record["TrackingServerName"]
        threading.Thread(target=self._serve, args=(record, then, otherwise), name=name, daemon=True).start()

    def _serve(self, record: Record, then: str, otherwise: str) -> None:
        name = record["TrackingServerName"]
        try:
            credentials = self.parts.cloud.assume(record["RoleArn"])
        except ApiError as error:
            _log.warning("tracking server %s: %s", name, error)
            self.parts.store.change(record, TrackingServerStatus=otherwise)
            return
        base = (self.parts.config.root / NOUN / name).resolve()
        (base / "ml").mkdir(parents=True, exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        environment = self.parts.cloud.container_environment(credentials)
        environment |= {
            "MLFLOW_S3_ENDPOINT_URL": self.parts.config.endpoint_url,
            "PATH": f"{MLFLOW.python.parent}{os.pathsep}{os.defpath}",  # it starts programs of its own
            "PYTHONPATH": "",
        }
        process = Process(base, _command(base, port, record["ArtifactStoreUri"]), environment, lambda _: None)
        self._running[name] = (process, port)
        if _answers(process, port):
            url = f"http://127.0.0.1:{port}"
            self.parts.store.change(
                record, TrackingServerStatus=then, IsActive="Active", TrackingServerUrl=url
            )
        else:
            _log.warning("tracking server %s: %s", name, process.last_words())
            self._end(name, 0)
            self.parts.store.change(record, TrackingServerStatus=otherwise, IsActive="Inactive")

    def _end(self, name: str, grace_seconds: float = 5.0) -> None:
        running = self._running.pop(name, None)
        if running:
            running[0].end(grace_seconds)


def _command(base: object, port: int, artifacts: str) -> list[str]:
    options = {
        "--host": "127.0.0.1",
        "--port": str(port),
        "--workers": "1",
        "--backend-store-uri": f"sqlite:///{base}/runs.db",
        "--default-artifact-root": artifacts,
    }
    told = [word for pair in options.items() for word in pair]
    return [str(MLFLOW.python), "-m", "mlflow", "server", *told, "--no-serve-artifacts"]


def _answers(process: Process, port: int) -> bool:
    """Wait until the server says that it is well, or has ended."""
    deadline = time.monotonic() + START_SECONDS
    while process.running() and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as said:
                return bool(said.status == 200)
        except (OSError, urllib.error.URLError):
            time.sleep(LOOK_EVERY_SECONDS)
    return False


def _conflict(record: Record, verb: str) -> ApiError:
    status = record["TrackingServerStatus"]
    return ApiError(
        "ConflictException", f"{record['TrackingServerArn']} is in status {status} and cannot be {verb}."
    )
