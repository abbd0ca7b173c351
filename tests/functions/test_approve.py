"""Which registry events are approvals of ours."""

from __future__ import annotations

from typing import Any

import pytest

from functions.approve import approval
from tidegate.facts import ModelApproved

MODELS = ("flight_delay",)
ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay/3"


def detail(**changes: Any) -> dict[str, Any]:
    return {
        "ModelPackageGroupName": "tidegate-laptop-flight-delay",
        "ModelPackageVersion": 3,
        "ModelPackageArn": ARN,
        "ModelApprovalStatus": "Approved",
        **changes,
    }


def test_an_approval_becomes_a_fact_with_the_models_own_name() -> None:
    assert approval(detail(), "laptop", MODELS) == ModelApproved(
        model="flight_delay", version=3, package_arn=ARN
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"ModelApprovalStatus": "Rejected"},
        {"ModelApprovalStatus": "PendingManualApproval"},
        {"ModelPackageGroupName": "tidegate-prod-flight-delay"},
        {"ModelPackageGroupName": "somebody-elses"},
    ],
)
def test_what_is_no_approval_of_ours_says_nothing(changes: dict[str, str]) -> None:
    assert approval(detail(**changes), "laptop", MODELS) is None
