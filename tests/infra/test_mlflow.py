"""An environment that names a tracking server lets its gate log to that one, and no other does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from infra.environments import ENVIRONMENTS
from tests.infra.changed import resources
from tidegate.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.system

SERVER = "arn:aws:sagemaker:eu-west-1:000000000000:mlflow-tracking-server/runs"


def test_a_gate_may_log_to_the_tracking_server_of_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENTS, "laptop", replace(ENVIRONMENTS["laptop"], mlflow=SERVER))
    training = resources(tmp_path, "training", plan())
    told = [one["Properties"].get("Environment", {}).get("Variables", {}) for one in training.values()]
    assert SERVER in [variables.get("TIDEGATE_MLFLOW_SERVER_ARN") for variables in told]
    (logs,) = [one for one in statements(training) if one["Sid"] == "LogTheTraining"]
    assert logs["Resource"] == SERVER
    assert "sagemaker-mlflow:LogBatch" in logs["Action"]


def statements(resources: dict[str, Any]) -> list[dict[str, Any]]:
    """Every statement of every policy."""
    documents = [
        one["Properties"]["PolicyDocument"] for one in resources.values() if one["Type"] == "AWS::IAM::Policy"
    ]
    return [statement for document in documents for statement in document["Statement"]]
