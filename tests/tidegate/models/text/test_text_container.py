"""The container serves a model of text as a process, and its captures and metrics outlive it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from infra.local.ministack.embedded_metrics import read as metrics
from tests.clouds import free_port
from tests.tidegate.models.test_container import Served, wait
from tests.tidegate.models.text.step_graph import card, graph
from tidegate.models.captures import read
from tidegate.models.onnx_model import CARD_FILE, ONNX_FILE
from tidegate.models.text.learning import BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]
BUCKET = "artefact-of-the-texts"
DECLARED = """
from tests.tidegate.models.text.step_graph import text_model
model = text_model(longest_answer=2_000_000, seconds=60.0)
"""


def started(folder: Path) -> Served:
    """The endpoint of a model that writes any byte but the end, from folders of its own."""
    (folder / "pipelines" / "words").mkdir(parents=True)
    (folder / "pipelines" / "__init__.py").touch()
    (folder / "pipelines" / "words" / "__init__.py").write_text(DECLARED)
    scores = np.zeros((BYTES, BYTES))
    scores[:, ord("a") : ord("z")] = 30
    content = graph(scores)
    (folder / "model").mkdir()
    (folder / "model" / ONNX_FILE).write_bytes(content)
    digest = sha256(content).hexdigest()
    (folder / "model" / CARD_FILE).write_text(json.dumps(card(kind="text", sha256=digest)))
    port = free_port()
    told = {
        "SAGEMAKER_BASE_DIR": str(folder),
        "PYTHONPATH": os.pathsep.join(map(str, (folder, ROOT, ROOT / "src"))),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "TIDEGATE_BIND_HOST": "127.0.0.1",
        "TIDEGATE_ENVIRONMENT": "laptop",
        "TIDEGATE_MODEL_NAME": "words",
        "TIDEGATE_MODEL_VERSION": "3",
        "TIDEGATE_MODEL_SHA256": digest,
        "TIDEGATE_LOOKUP_TABLE": "none",
        "TIDEGATE_ARTEFACT_BUCKET": BUCKET,
    }
    command = [sys.executable, "-m", "tidegate.models.container", "serve"]
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **told}, stdout=subprocess.PIPE)
    return wait(Served(f"http://127.0.0.1:{port}", process), process)


def leave_after_the_first_line(served: Served, told: dict[str, Any]) -> dict[str, Any]:
    """Ask for a stream and hang up when its first line has come; that line."""
    body = json.dumps(told).encode()
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(b"POST /invocations HTTP/1.1\r\nHost: words\r\nContent-Length: %d\r\n\r\n" % len(body))
        line.sendall(body)
        for said in _lines(line):
            if said.startswith(b"{"):
                return dict(json.loads(said))
    raise AssertionError("nothing was written")


def _lines(line: socket.socket) -> Iterator[bytes]:
    with line.makefile("rb") as file:
        yield from file


def test_texts_are_captured_and_counted_the_one_that_was_hung_up_on_as_cut_off(
    cloud: Any, tmp_path: Path
) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    served = started(tmp_path)
    try:
        named = {"X-Amzn-SageMaker-Inference-Id": "text-7"}
        asked = {"prompt": "ab", "longest": 30, "temperature": 1.0, "seed": 5}
        status, answer = served.ask(json.dumps(asked).encode(), **named)
        first = leave_after_the_first_line(served, {"prompt": "", "longest": 2_000_000, "stream": True})
        served.process.terminate()
        said, _ = served.process.communicate(timeout=50)
    finally:
        served.process.kill()
    assert (status, answer["id"], answer["bytes"]) == (200, "text-7", 30)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="captures/words/")["Contents"]]
    kept = [line for key in keys for line in read(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())]
    by_id = {line["id"]: line for line in kept}
    assert by_id["text-7"]["row"] == {**asked, "stream": False}
    assert (by_id["text-7"]["text"], by_id["text-7"]["ended"]) == (answer["text"], "length")
    assert abs(by_id["text-7"]["score"] + np.log(25)) < 1e-3
    cut = by_id[first["id"]]
    assert cut["ended"] == "cut off"
    assert cut["text"].startswith(first["text"])
    assert 16 <= cut["bytes"] < 2_000_000
    measured = [datum for line in said.decode().splitlines() for datum in metrics(line)]
    mine = {"environment": "laptop", "model": "words", "version": "3"}
    added = {
        name: sum(sum(datum.values) for datum in measured if (datum.name, datum.dimensions) == (name, mine))
        for name in ("Predictions", "UnfinishedAnswers", "CapturedRows", "LostCaptures")
    }
    assert added == {"Predictions": 1, "UnfinishedAnswers": 1, "CapturedRows": 2, "LostCaptures": 0}
