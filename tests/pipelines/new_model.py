"""A model as `tidegate model new` writes it, in a copy of the checkout; its steps are processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli import drops
from infra.cli.demo import request_row
from tests.clouds import eventually, free_port
from tests.house import checkout
from tests.tidegate.models.test_gating import RUN
from tidegate import find

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

SNAPSHOT = """
import sys
from pathlib import Path
import polars as pl
from tidegate import find
from tidegate.models.run import Run
from tidegate.models.snapshot import snapshot
base = Path(sys.argv[1])
run = Run.from_json((base / "run.json").read_bytes())
model = find.model(run.model)
datasets = {name: find.dataset(name) for name in model.reads}
snapshot(model, datasets, run, lambda name, _: pl.read_parquet(base / f"{name}.parquet"), base / "data")
"""


@dataclass(frozen=True)
class NewModel:
    """A model's folder in a copy of the checkout, and the folders of its jobs beside it."""

    root: Path
    name: str

    @classmethod
    def written(cls, into: Path, framework: str, *more: str) -> NewModel:
        """What the command writes for a framework."""
        root, name = checkout.copy(into / "checkout"), f"new_{framework}"
        made = checkout.tidegate(root, "model", "new", name, "--framework", framework, *more)
        assert made.returncode == 0, made.stderr
        return cls(root, name)

    def snapshot(self, tables: dict[str, pl.DataFrame]) -> None:
        """The first step, over these rows."""
        base = self._fresh("snapshot")
        told = {**vars(RUN), "model": self.name, "run": "new-1", "tables": dict.fromkeys(tables, "1")}
        (base / "run.json").write_text(json.dumps(told))
        for name, rows in tables.items():
            rows.write_parquet(base / f"{name}.parquet")
        done = checkout.run(self.root, "-c", SNAPSHOT, str(base))
        assert done.returncode == 0, done.stderr

    def train(self, python: str = sys.executable, **environment: str) -> dict[str, Any]:
        """The second step, in the environment of this interpreter; the model's card."""
        base, data = self._fresh("train"), self.root / "snapshot" / "data"
        for channel in ("train", "lookups"):
            shutil.copytree(data / channel, base / "input" / "data" / channel)
        self._run(python, "train", base, **environment)
        card: dict[str, Any] = json.loads((base / "model" / "model.json").read_text())
        return card

    def evaluate(self) -> dict[str, Any]:
        """The third step, in this interpreter; what the gate decides by."""
        base = self._fresh("evaluate")
        shutil.copytree(self.root / "snapshot" / "data", base / "processing" / "data")
        (base / "processing" / "model").mkdir()
        with tarfile.open(base / "processing" / "model" / "model.tar.gz", "w:gz") as tar:
            tar.add(self.root / "train" / "model", arcname=".")
        self._run(sys.executable, "evaluate", base)
        report: dict[str, Any] = json.loads(
            (base / "processing" / "evaluation" / "evaluation.json").read_text()
        )
        return report

    @contextmanager
    def served(self) -> Iterator[str]:
        """The address of the model's endpoint, served by this interpreter."""
        port = free_port()
        card = json.loads((self.root / "train" / "model" / "model.json").read_text())
        told = {
            "TIDEGATE_ENVIRONMENT": "test",
            "TIDEGATE_MODEL_SHA256": card["sha256"],
            "TIDEGATE_ARTEFACT_BUCKET": "none",
            "TIDEGATE_MODEL_NAME": card["model"],
            "TIDEGATE_MODEL_VERSION": "1",
            "TIDEGATE_LOOKUP_TABLE": "none",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }
        told |= {"SAGEMAKER_BIND_TO_PORT": str(port), "TIDEGATE_BIND_HOST": "127.0.0.1"}
        command = [sys.executable, "-m", "tidegate.models.container", "serve"]
        server = subprocess.Popen(command, cwd=self.root, env=self._environment(self.root / "train", **told))
        url = f"http://127.0.0.1:{port}"
        try:
            eventually(lambda: _answers(url, server))
            yield url
        finally:
            server.terminate()
            server.wait(20)

    def _run(self, python: str, step: str, base: Path, **more: str) -> None:
        command = [python, "-m", "tidegate.models.container", step]
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self._environment(base, **more),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def _environment(self, base: Path, **more: str) -> dict[str, str]:
        paths = os.pathsep.join([str(self.root), str(self.root / "src")])
        return {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": paths, **more}

    def _fresh(self, step: str) -> Path:
        folder = self.root / step
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder


def ask(url: str, told: Any) -> Any:
    """What the endpoint answers."""
    request = urllib.request.Request(f"{url}/invocations", json.dumps(told).encode(), method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())


def answers_to_a_flight(model: NewModel) -> bool:
    """Whether the served model gives a chance for a flight later than those that it learned from."""
    contract = find.dataset("flights")
    flight = request_row(drops.a_flight(2, drops.folder()), contract.known_by(contract.moments[0]))
    with model.served() as url:
        told = ask(url, flight)
    return told["model"] == model.name and 0 < told["predictions"][0]["score"] < 1


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    assert server.poll() is None, "the endpoint ended"
    try:
        urllib.request.urlopen(f"{url}/ping", timeout=2).close()
    except OSError:
        return False
    return True
