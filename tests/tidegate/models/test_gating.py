"""What the gate lets pass, and the words with which it refuses."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from tidegate.models.declare import Limits
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
        "slices": [part("AA"), part("ZZ") | {"auc": None}],
        "calibration": {"error": 0.03, "low": 0.02, "high": 0.04},
        "onnx_bytes": 400_000,
        "limits": asdict(Limits()),
        "from": "2013-05-01",
        "to": "2013-06-30",
        "explanation": {"importances": [], "curves": []},
        "about": dict.fromkeys(("description", "intended_use", "not_for", "request", "known_by"), ""),
        "training": {"rows": 50, "from": "2013-01-01", "to": "2013-04-30", "tuning": {}, "recalibration": {}},
        **changes,
    }


def part(name: str, high: float = 0.75, over: float | None = None) -> dict[str, Any]:
    loss = None if over is None else {"value": over - 0.01, "low": over - 0.02, "high": over}
    auc = {"value": high - 0.05, "low": high - 0.1, "high": high}
    return {"column": "carrier", "value": name, "rows": 700, "auc": auc, "over_champion": loss}


def champion(low: float = -0.01, **changes: Any) -> dict[str, Any]:
    return {
        "champion": {"run": "flight-delay-old", "auc": 0.71, "log_loss": 0.5, "brier": 0.1},
        "over_champion": {"auc": -0.01, "low": low, "high": 0.01},
        "champion_calibration": {"error": 0.02, "low": 0.01, "high": 0.03},
        "effort": {"one_row": 1.1, "many_rows": 0.9},
        **changes,
    }


FAR_OFF = {"error": 0.2, "low": 0.17, "high": 0.22}


def test_a_good_model_passes() -> None:
    assert reasons_against(evaluation()) == []
    assert reasons_against(evaluation(**champion())) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"least_auc": 0.71}, "floor: AUC 0.7000, of at least 0.71"),
        (
            {"over_one_feature": {"auc": -0.01, "low": -0.02, "high": 0.01}},
            "one feature: AUC 0.7000, while hour alone has 0.6000",
        ),
        ({"base_rate": {"auc": 0.5, "log_loss": 0.49, "brier": 0.1}}, "base rate: log loss 0.5000"),
        ({"parity": {"greatest_difference": 0.1, "allowed": 1e-4}}, "parity: ONNX"),
        ({"onnx_bytes": 60_000_000}, "size: the ONNX file has 60,000,000 bytes, of 50,000,000 allowed"),
        ({"calibration": FAR_OFF}, "calibration: calibration error 0.2000, at least 0.1700, of 0.1 allowed"),
        ({"slices": [part("AA", high=0.48)]}, "slices: carrier AA (700 rows) has AUC 0.4300, at most 0.4800"),
        (champion(low=-0.03), "champion: AUC -0.0100 over flight-delay-old"),
        (champion(effort={"one_row": 1.0, "many_rows": 3.5}), "latency: an answer takes 1.00 times"),
        (champion(slices=[part("AA", over=-0.05)]), "slices: carrier AA (700 rows) loses 0.0600 AUC"),
        (champion(calibration=FAR_OFF), "the model in service has 0.0200"),
    ],
)
def test_each_rule_refuses_alone_and_says_why(changes: dict[str, Any], said: str) -> None:
    reasons = reasons_against(evaluation(**changes))
    assert len(reasons) == 1
    assert said in reasons[0]


def test_what_is_badly_calibrated_may_replace_what_is_worse() -> None:
    worse = {"error": 0.25, "low": 0.2, "high": 0.3}
    assert reasons_against(evaluation(**champion(calibration=FAR_OFF, champion_calibration=worse))) == []


def test_what_is_no_candidate_is_refused_for_just_that() -> None:
    report = {"rows": 0, "unfit": {"rule": "content", "said": "it holds 'model.pkl'"}}
    assert reasons_against(report) == ["content: it holds 'model.pkl'"]


def test_a_champion_is_replaced_by_a_challenger_that_is_hardly_worse() -> None:
    assert reasons_against(evaluation(**champion(low=-0.015))) == []


def test_the_registration_is_a_valid_request_that_names_data_code_and_hash() -> None:
    request = package_request("laptop", RUN, evaluation(), "{}")
    shape = boto3.client("sagemaker", region_name="eu-west-1").meta.service_model.operation_model(
        "CreateModelPackage"
    )
    assert not ParamValidator().validate(request, shape.input_shape).has_errors()
    told = request["CustomerMetadataProperties"]
    assert (told["snapshot_flights"], told["code"], told["sha256"]) == ("11", "c0de", "f" * 64)
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert request["ClientToken"] == RUN.token != replace(RUN, prefix=f"{RUN.prefix}-2").token
