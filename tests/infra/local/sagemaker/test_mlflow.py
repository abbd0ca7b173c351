"""Managed MLflow: refused with the command that builds it where it is not; its calls have IAM actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from infra.local.images import MLFLOW
from infra.local.sagemaker.mlflow.door import action

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/2.0/mlflow/runs/create", "CreateRun"),
        ("/api/2.0/mlflow/runs/log-batch", "LogBatch"),
        ("/api/2.0/mlflow/experiments/get-by-name", "GetExperimentByName"),
        ("/api/2.0/mlflow/model-versions/create", "CreateModelVersion"),
        ("/api/2.0/mlflow/runs/unheard-of", "AccessUI"),
        ("/", "AccessUI"),
    ],
)
def test_each_call_of_mlflow_has_the_action_that_aws_gives_it(path: str, name: str) -> None:
    assert action(path) == f"sagemaker-mlflow:{name}"


@pytest.mark.skipif(MLFLOW.built, reason="MLflow's environment is built here: tests/sagemaker_sdk runs it")
def test_a_tracking_server_without_its_environment_is_refused_with_the_command(sage: Sage) -> None:
    with pytest.raises(ClientError, match="tidegate images build mlflow"):
        sage.client("sagemaker").create_mlflow_tracking_server(
            TrackingServerName="none", ArtifactStoreUri="s3://art/mlflow", RoleArn=sage.role
        )
    with pytest.raises(ClientError, match="does not exist"):
        sage.client("sagemaker").describe_mlflow_tracking_server(TrackingServerName="none")
    with pytest.raises(ClientError, match="CreateMlflowApp is not implemented"):
        sage.client("sagemaker").create_mlflow_app(
            Name="none", ArtifactStoreUri="s3://art/mlflow", RoleArn=sage.role
        )
