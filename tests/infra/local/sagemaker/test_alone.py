"""The local SageMaker without MiniStack's help: a server of its own beside a plain cloud."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from tests.clouds import eventually, free_port
from tests.infra.local.sagemaker.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud


@pytest.fixture
def alone(cloud: LocalCloud, tmp_path: Path) -> Iterator[Any]:
    port = free_port()
    paths = {
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
        "AWS_ENDPOINT_URL": cloud.endpoint,
    }
    command = [sys.executable, "-m", "infra.local.sagemaker", "--port", str(port), "--state", str(tmp_path)]
    server = subprocess.Popen(command, env={**os.environ, **paths}, cwd=ROOT)
    at_once = boto3.session.Config(retries={"total_max_attempts": 1})
    client = boto3.client("sagemaker", endpoint_url=f"http://127.0.0.1:{port}", config=at_once)

    def answers() -> bool:
        try:
            return "Models" in client.list_models()
        except EndpointConnectionError:
            return False

    eventually(answers)
    yield client
    server.terminate()
    server.wait(10)
    assert (tmp_path / "state.json").exists()


def test_it_serves_clients_that_are_told_its_address(alone: Any) -> None:
    arn = alone.create_model_package_group(ModelPackageGroupName="alone")["ModelPackageGroupArn"]
    assert arn == "arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/alone"
    with pytest.raises(ClientError, match="already exists"):
        alone.create_model_package_group(ModelPackageGroupName="alone")
