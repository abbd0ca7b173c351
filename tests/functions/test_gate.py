"""The gate reads the evaluation's report where the run says that it lies."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from functions.gate import handler
from tests.tidegate.models.test_gating import RUN, evaluation
from tidegate.errors import Transient
from tidegate.models.tracking import Mlflow


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
    server = "arn:aws:sagemaker:eu-west-1:000000000000:mlflow-tracking-server/none"
    monkeypatch.setenv("TIDEGATE_MLFLOW_SERVER_ARN", server)
    put(cloud, event, evaluation())
    assert handler(event, None)["passed"] is True
    with pytest.raises(Transient, match="mlflow-tracking-server/none does not exist"):
        Mlflow(server).log(RUN, evaluation(), [])
