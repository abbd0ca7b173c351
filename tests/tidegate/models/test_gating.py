"""What the gate lets pass, and the words with which it refuses."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from tidegate.models.gating import package_request, reasons_against
from tidegate.models.run import Run

RUN = Run(
    run="flight-delay-0123456789ab",
    model="flight_delay",
    cause={"kind": "TablePublished", "event": {}},
    tables={"flights": "11"},
    contracts={"flights": "abc"},
    code="c0de",
    image="000000000000.dkr.ecr.eu-west-1.amazonaws.com/tidegate:1",
    instance_type="ml.m5.large",
    seed="7",
    prefix="s3://artefact/runs/flight_delay/flight-delay-0123456789ab",
    champion="",
)


def evaluation(**changes: Any) -> dict[str, Any]:
    return {
        "rows": 1000,
        "challenger": {"auc": 0.70, "log_loss": 0.50, "brier": 0.15},
        "base_rate": {"auc": 0.5, "log_loss": 0.55, "brier": 0.18},
        "one_feature": {"feature": "hour", "auc": 0.60, "log_loss": 0.53, "brier": 0.17},
        "over_one_feature": {"auc": 0.10, "low": 0.05, "high": 0.15},
        "champion": None,
        "champion_note": "no model is in service",
        "least_auc": 0.65,
        "parity": {"rows": 10, "greatest_difference": 1e-7, "allowed": 1e-4},
        "sha256": "f" * 64,
        **changes,
    }


def champion(low: float) -> dict[str, Any]:
    return {
        "champion": {"run": "flight-delay-old", "auc": 0.71, "log_loss": 0.5, "brier": 0.1},
        "over_champion": {"auc": -0.01, "low": low, "high": 0.01},
    }


def test_a_good_model_passes() -> None:
    assert reasons_against(evaluation()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"least_auc": 0.71}, "AUC 0.7000 is below the floor of 0.71"),
        (
            {"over_one_feature": {"auc": -0.01, "low": -0.02, "high": 0.01}},
            "no better than hour alone",
        ),
        ({"base_rate": {"auc": 0.5, "log_loss": 0.49, "brier": 0.1}}, "no better than the base rate's"),
        ({"parity": {"greatest_difference": 0.1, "allowed": 1e-4}}, "ONNX"),
        (champion(low=-0.03), "it may be worse than flight-delay-old"),
    ],
)
def test_each_rule_refuses_alone_and_says_why(changes: dict[str, Any], said: str) -> None:
    reasons = reasons_against(evaluation(**changes))
    assert len(reasons) == 1
    assert said in reasons[0]


def test_a_champion_is_replaced_by_a_challenger_that_is_hardly_worse() -> None:
    assert reasons_against(evaluation(**champion(low=-0.015))) == []


def test_the_registration_is_a_valid_request_that_names_data_code_and_hash() -> None:
    request = package_request("laptop", RUN, evaluation())
    shape = boto3.client("sagemaker", region_name="eu-west-1").meta.service_model.operation_model(
        "CreateModelPackage"
    )
    assert not ParamValidator().validate(request, shape.input_shape).has_errors()
    told = request["CustomerMetadataProperties"]
    assert (told["snapshot_flights"], told["code"], told["sha256"]) == ("11", "c0de", "f" * 64)
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
