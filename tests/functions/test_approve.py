"""Which registry events are approvals of ours, and when a rule approves in a person's place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from functions.approve import approval, by_rule
from tests.functions.deploying import Executions
from tidegate.facts import ModelApproved, ModelRegistered
from tidegate.models.in_service import Records
from tidegate.models.ways import ByPerson, ByRule
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

MODELS = ("flight_delay",)
ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay/3"


AT = "2026-11-26T12:00:05Z"


def event(**changes: Any) -> dict[str, Any]:
    detail = {
        "ModelPackageGroupName": "tidegate-laptop-flight-delay",
        "ModelPackageVersion": 3,
        "ModelPackageArn": ARN,
        "ModelApprovalStatus": "Approved",
    }
    return {"time": AT, "detail": detail | changes}


def test_an_approval_becomes_a_fact_with_the_models_own_name_and_the_time_of_the_approval() -> None:
    fact = ModelApproved(model="flight_delay", version=3, package_arn=ARN, at=AT)
    assert approval(event(), "laptop", MODELS) == fact


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
    assert approval(event(**changes), "laptop", MODELS) is None


class Registry:
    """Stands for SageMaker's registry: each version comes from a run of its number."""

    def __init__(self, **told: str) -> None:
        self.told = told
        self.updates: list[dict[str, str]] = []

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        told = {"run": f"run-{ModelPackageName.rpartition('/')[2]}", **self.told}
        return {"CustomerMetadataProperties": told, "ModelApprovalStatus": "PendingManualApproval"}

    def update_model_package(self, **update: str) -> None:
        self.updates.append(update)


REGISTERED = ModelRegistered(model="flight_delay", run="run-3", version=3, package_arn=ARN)
BETTER = {"gain_low": "+0.01", "champion": "run-1"}


@pytest.fixture
def records(world: World) -> Records:
    made = Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])
    made.change("flight_delay", lambda now: now.answers(1, "arn:group/1"))
    return made


def test_a_version_that_was_compared_with_what_serves_is_approved_by_rule(records: Records) -> None:
    registry = Registry(**BETTER)
    came = by_rule(registry, Executions(), records, ByRule(), REGISTERED)
    assert came["approved"].startswith("by rule")
    assert [one["ModelApprovalStatus"] for one in registry.updates] == ["Approved"]
    assert by_rule(registry, Executions(), records, ByPerson(), REGISTERED) == {"approved": "", "left": ""}


def test_a_version_whose_champion_was_replaced_meanwhile_is_left_to_a_person_with_the_reason(
    records: Records,
) -> None:
    registry = Registry(**BETTER)
    records.change("flight_delay", lambda now: now.begins(2, "arn:e:2"))
    said = "version 2 is on its way in, and the gate did not compare with it"
    came = by_rule(registry, Executions("arn:e:2"), records, ByRule(), REGISTERED)
    assert came == {"approved": "", "left": said}
    records.change("flight_delay", lambda now: now.answers(2, "arn:group/2"))
    said = "the gate compared it with run-1, and now version 2 (run-2) serves"
    assert by_rule(registry, Executions(), records, ByRule(), REGISTERED) == {"approved": "", "left": said}
    assert registry.updates[-1] == {
        "ModelPackageArn": ARN,
        "ModelApprovalStatus": "PendingManualApproval",
        "ApprovalDescription": said,
    }


def test_a_version_whose_deployment_failed_is_in_no_later_ones_way(records: Records) -> None:
    """The record names it still: who fails on the way in does not come to write there."""
    records.change("flight_delay", lambda now: now.begins(2, "arn:e:2"))
    came = by_rule(Registry(**BETTER), Executions(), records, ByRule(), REGISTERED)
    assert came["approved"].startswith("by rule")


def test_no_rule_brings_an_endpoint_back_that_was_switched_off(records: Records) -> None:
    records.change("flight_delay", lambda now: replace(now, off=True))
    came = by_rule(Registry(**BETTER), Executions(), records, ByRule(), REGISTERED)
    said = "its endpoint was switched off, and a roll-out would bring it back"
    assert came == {"approved": "", "left": said}


def test_a_first_version_is_approved_by_rule_only_while_nothing_serves(records: Records) -> None:
    registry = Registry(champion="no model is in service")
    first = ModelRegistered(model="flight_delay", run="run-1", version=1, package_arn="arn:group/1")
    rule = ByRule(first_too=True)
    said = "the gate compared it with nothing, and now version 1 (run-1) serves"
    assert by_rule(registry, Executions(), records, rule, first) == {"approved": "", "left": said}
    other = ModelRegistered(model="other", run="run-1", version=1, package_arn="arn:group/1")
    assert by_rule(registry, Executions(), records, rule, other)["approved"].startswith(
        "by rule: it is the first"
    )
