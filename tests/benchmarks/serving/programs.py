"""The servers that are compared: ours as shipped, ours with one thing less, and its peers."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.benchmarks.serving.made import Made

ROOT = Path(__file__).resolve().parents[3]
ROOMS = Path(__file__).resolve().parent / "rooms"
PEERS = Path(__file__).resolve().parent / "peers"
PATH = "/invocations"
BUCKET = "artefact-of-the-benchmark"

OURS, BARE = "ours, as shipped", "bare uvicorn + ONNX Runtime"
FLASK, FLASK_ONNX, MLFLOW = (
    "gunicorn + Flask, scikit-learn",
    "gunicorn + Flask, ONNX Runtime",
    "mlflow models serve",
)
LESS = {
    "ours without the check": "check",
    "ours without captures": "captures",
    "ours without metrics": "metrics",
    "ours without the three": "check captures metrics",
}


@dataclass(frozen=True)
class Program:
    """One server: how it is started on a port, and in which form it takes the request."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    body: str = "json"  # or mlflow's


def programs(made: Made, port: int, cloud: Mapping[str, str], peers: str) -> list[Program]:
    """All servers; those of `peers`, a Python with their packages, only where one is given."""
    told = _told(made, port, cloud)
    ours = Program(OURS, (sys.executable, "-m", "tidegate.models.container", "serve"), told)
    less = [
        Program(name, (sys.executable, "-m", "tests.benchmarks.serving.ours", *parts.split()), told)
        for name, parts in LESS.items()
    ]
    bare = Program(BARE, (sys.executable, str(PEERS / "bare.py"), str(made.folder), str(port)))
    return [ours, bare, *less, *(_peers(made, port, peers) if peers else [])]


def _told(made: Made, port: int, cloud: Mapping[str, str]) -> dict[str, str]:
    """What SageMaker and the roll-out tell a container."""
    return {
        **cloud,
        "PYTHONPATH": os.pathsep.join([str(ROOMS), str(ROOT / "src"), str(ROOT)]),
        "SAGEMAKER_BASE_DIR": str(made.folder),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "TIDEGATE_BIND_HOST": "127.0.0.1",
        "TIDEGATE_ENVIRONMENT": "laptop",
        "TIDEGATE_MODEL_NAME": "payment_fraud",
        "TIDEGATE_MODEL_VERSION": "1",
        "TIDEGATE_MODEL_SHA256": made.sha256,
        "TIDEGATE_LOOKUP_TABLE": "none",
        "TIDEGATE_ARTEFACT_BUCKET": BUCKET,
    }


def _peers(made: Made, port: int, python: str) -> list[Program]:
    """Tuned as their users would for one core: one worker, threads that wait for it, connections kept."""
    bin_ = Path(python).parent
    gunicorn = (str(bin_ / "gunicorn"), "--workers", "1", "--worker-class", "gthread", "--threads", "4")
    gunicorn += ("--keep-alive", "75", "--bind", f"127.0.0.1:{port}", "--chdir", str(PEERS), "flask_app:app")
    mlflow = (str(bin_ / "mlflow"), "models", "serve", "--model-uri", str(made.folder / "mlflow"))
    mlflow += ("--env-manager", "local", "--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    path = {"PATH": f"{bin_}:{os.environ['PATH']}", "MODEL_FOLDER": str(made.folder)}
    return [
        Program(FLASK, gunicorn, {**path, "WITH": "scikit-learn"}),
        Program(FLASK_ONNX, gunicorn, {**path, "WITH": "onnxruntime"}),
        Program(MLFLOW, mlflow, path, "mlflow"),
    ]
