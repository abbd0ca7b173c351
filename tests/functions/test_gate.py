"""The gate reads the evaluation's report where the run says that it lies."""

from __future__ import annotations

import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from functions.gate import handler
from tests.tidegate.models.test_gating import RUN, evaluation
from tidegate import aws
from tidegate.errors import Transient
from tidegate.models.tracking import Mlflow

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER = "arn:aws:sagemaker:eu-west-1:000000000000:mlflow-tracking-server/none"


@pytest.fixture
def event(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    bucket = f"t-{uuid.uuid4().hex[:8]}"
    region = {"LocationConstraint": "eu-west-1"}
    cloud.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=region)
    monkeypatch.setenv("TIDEGATE_ENVIRONMENT", "laptop")
    monkeypatch.setenv("TIDEGATE_MLFLOW_SERVER_ARN", "off")
    told: dict[str, Any] = json.loads(RUN.to_json())
    return {**told, "prefix": f"s3://{bucket}/runs/flight_delay/{RUN.run}"}


def put(cloud: Any, event: dict[str, Any], report: dict[str, Any]) -> None:
    bucket, _, prefix = event["prefix"].removeprefix("s3://").partition("/")
    key = f"{prefix}/evaluation/evaluation.json"
    cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(report))


def test_a_good_report_passes_with_its_registration(cloud: Any, event: dict[str, Any]) -> None:
    put(cloud, event, evaluation())
    answer = handler(event, None)
    assert (answer["passed"], answer["reasons"]) == (True, [])
    container = answer["package"]["InferenceSpecification"]["Containers"][0]
    assert container["ModelDataUrl"] == f"{event['prefix']}/model/{RUN.run}/output/model.tar.gz"


def test_a_poor_report_is_refused_with_its_reasons(cloud: Any, event: dict[str, Any]) -> None:
    put(cloud, event, evaluation(least_auc=0.99))
    answer = handler(event, None)
    assert answer["passed"] is False
    assert answer["reasons"] == ["floor: AUC 0.7000, of at least 0.99"]
    assert answer["package"] == {}


def test_a_pipelines_step_names_the_run_and_gets_the_texts_that_it_wants(
    cloud: Any, event: dict[str, Any]
) -> None:
    bucket, _, prefix = event["prefix"].removeprefix("s3://").partition("/")
    cloud.client("s3").put_object(Bucket=bucket, Key=f"{prefix}/run.json", Body=json.dumps(event))
    asked = {"prefix": event["prefix"], "wanted": ["passed", "reasons", "description", "run", "champion"]}
    put(cloud, event, evaluation())
    answer = handler(asked, None)
    assert list(answer) == asked["wanted"]
    assert (answer["passed"], answer["reasons"], answer["run"]) == ("true", "", RUN.run)
    put(cloud, event, evaluation(least_auc=0.99))
    answer = handler(asked, None)
    assert (answer["passed"], answer["run"]) == ("false", "nan")
    assert answer["reasons"].startswith("floor: AUC")


def test_a_training_that_cannot_be_logged_is_judged_all_the_same(
    cloud: Any, event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIDEGATE_MLFLOW_SERVER_ARN", SERVER)
    put(cloud, event, evaluation())
    assert handler(event, None)["passed"] is True
    with pytest.raises(Transient, match="mlflow-tracking-server/none does not exist"):
        Mlflow(SERVER).log(RUN, evaluation(), [])


class Slow(BaseHTTPRequestHandler):
    """A tracking server that takes its time for each answer."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        time.sleep(0.4)
        body = json.dumps({"experiment": {"experiment_id": "1"}, "run": {"info": {"run_id": "r"}}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_: object) -> None:
        """It has no log."""


@pytest.fixture
def slow(cloud: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The paths that such a server was asked for, while it stands for managed MLflow."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.asked = asked = []  # type: ignore[attr-defined, var-annotated]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", f"http://127.0.0.1:{server.server_port}")
    aws.client.cache_clear()
    yield asked
    aws.client.cache_clear()
    server.shutdown()
    server.server_close()


def test_all_calls_of_a_recording_have_one_deadline(slow: list[str]) -> None:
    """Each of them may be in time, and all together outlast the function."""
    with pytest.raises(Transient):
        Mlflow(SERVER, within=1.0).log(RUN, evaluation(), [])
    assert 1 <= len(slow) <= 3
    assert Mlflow(SERVER, within=60.0).log(RUN, evaluation(), []) == "r"
    assert len(slow) >= 6
