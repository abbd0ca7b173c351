"""Managed MLflow on the local SageMaker, with MLflow's own client and AWS's plugin for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.images import MLFLOW
from infra.local.images.build import build
from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import REGION
from tests.tidegate.models.test_gating import RUN, evaluation
from tidegate import aws
from tidegate.models.tracking import Mlflow

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.infra.local.sagemaker.conftest import Sage

pytestmark = pytest.mark.sagemaker_sdk


def server(sagemaker: Any, status: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_mlflow_tracking_server(TrackingServerName="runs")
        assert not found["TrackingServerStatus"].endswith("Failed"), found
        return found if found["TrackingServerStatus"] == status else None

    said: dict[str, Any] = eventually(look, seconds=150)
    return said


def test_a_run_is_logged_to_a_real_mlflow_and_outlives_a_stop(
    sdk_cloud: Sage, sdk: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not MLFLOW.built:
        build(MLFLOW, os.environ)
    sagemaker = sdk_cloud.client("sagemaker")
    arn = sagemaker.create_mlflow_tracking_server(
        TrackingServerName="runs", ArtifactStoreUri="s3://art/mlflow", RoleArn=sdk_cloud.role
    )["TrackingServerArn"]
    assert server(sagemaker, "Created")["IsActive"] == "Active"
    assert sdk("tracking.py", arn) == {"runs": 1, "auc": 0.7, "trees": "100", "code": "abc"}
    told = {"AWS_ENDPOINT_URL": sdk_cloud.endpoint, "AWS_DEFAULT_REGION": REGION}
    for name, value in {**told, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    aws.client.cache_clear()
    logged = {Mlflow(arn).log(RUN, evaluation(), ["floor: too low"]) for _ in range(2)}
    aws.client.cache_clear()
    assert len(logged) == 1  # asked again, it is not logged again
    found = sdk("found.py", arn, RUN.model, *logged)
    assert found["metrics"]["auc"] == evaluation()["challenger"]["auc"]
    assert (found["tags"]["run"], found["tags"]["passed"]) == (RUN.run, "false")
    assert found["params"]["seed"] == RUN.seed
    sagemaker.stop_mlflow_tracking_server(TrackingServerName="runs")
    sagemaker.start_mlflow_tracking_server(TrackingServerName="runs")
    server(sagemaker, "Started")
    assert sdk("tracking.py", arn)["runs"] == 3  # ours, and two of MLflow's own client
    sagemaker.delete_mlflow_tracking_server(TrackingServerName="runs")
