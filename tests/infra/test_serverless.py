"""Behind our front a model has alarms of its own; permissions stand only where there is such a model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.changed import resources
from tests.infra.test_mlflow import statements
from tidegate.models.signals import front_dimensions
from tidegate.models.ways import Serverless, Shadow
from tidegate.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.models.ways import Rollout

pytestmark = pytest.mark.system

OURS = {"predict", "shift", "clear", "mirror"}
WITHOUT_RESOURCES = {"ListEndpoints"}  # the service authorization reference names none for it


def serving(folder: Path, rollout: Rollout | None) -> dict[str, Any]:
    """The resources of the serving stack, were there a serverless model `fares` of that roll-out, or none."""
    known = plan()
    models = dict(known.models)
    if rollout is not None:
        fares = replace(known.models["flight_delay"], name="fares", serving=Serverless(concurrency=8))
        models["fares"] = replace(fares, rollout=rollout)
    return resources(folder, "serving", replace(known, models=models))


def granted(resources: dict[str, Any]) -> set[tuple[str, str]]:
    """Function and purpose of each statement of the front's functions, but for their logs."""
    policies = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::IAM::Policy"]
    return {
        (verb, statement["Sid"])
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if (verb := policy["PolicyName"].removeprefix("tidegate-laptop-").removesuffix("-function")) in OURS
        and statement["Sid"] != "WriteItsLog"
    }


@pytest.fixture(scope="module")
def shadowed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return serving(tmp_path_factory.mktemp("shadowed"), Shadow())


def test_without_a_serverless_model_nothing_more_is_allowed(tmp_path: Path) -> None:
    assert granted(serving(tmp_path, None)) == {("predict", "AskEndpoints")}


def test_only_a_shadow_needs_copies(tmp_path: Path, shadowed: dict[str, Any]) -> None:
    more = granted(shadowed) - granted(serving(tmp_path, plan().models["flight_delay"].rollout))
    assert more == {("predict", "CopyForShadows"), ("mirror", "AskShadows")}


def test_the_front_may_do_what_its_models_need_on_their_endpoints_alone(shadowed: dict[str, Any]) -> None:
    ours = [one for one in statements(shadowed) if one["Sid"] in {sid for _, sid in granted(shadowed)}]
    wide = {one["Sid"] for one in ours if one["Resource"] == "*"}
    assert wide == WITHOUT_RESOURCES
    for sid in ("SeeVersions", "AskVersions", "AskShadows"):
        (found,) = [one for one in ours if one["Sid"] == sid]
        assert "endpoint/tidegate-laptop-fares-v*" in json.dumps(found["Resource"])
    (removes,) = [one for one in ours if one["Sid"] == "RemoveLeftovers"]
    assert "flight-delay" not in json.dumps(removes["Resource"])


def test_its_alarms_listen_to_what_the_front_says(shadowed: dict[str, Any]) -> None:
    alarms = {
        one["Properties"]["AlarmName"]: one["Properties"]
        for one in shadowed.values()
        if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    mine = {name for name in alarms if name.startswith("tidegate-laptop-fares-")}
    assert mine == {"tidegate-laptop-fares-errors", "tidegate-laptop-fares-latency"}
    errors = alarms["tidegate-laptop-fares-errors"]
    named = {one["Name"]: one["Value"] for one in errors["Dimensions"]}
    assert (errors["Namespace"], named) == ("Tidegate", front_dimensions("tidegate-laptop-fares"))
    slow, *metrics = alarms["tidegate-laptop-fares-latency"]["Metrics"]
    assert slow["Expression"] == "IF(slow > 10, 100 * slow / all, 0)"  # each of eight containers starts once
    assert metrics[0]["MetricStat"]["Stat"] == "TC(5000:)"
    assert "tidegate-laptop-flight-delay-unwanted" in alarms


def test_a_copy_is_asked_now_or_never(shadowed: dict[str, Any]) -> None:
    configured = [
        one["Properties"] for one in shadowed.values() if one["Type"] == "AWS::Lambda::EventInvokeConfig"
    ]
    (mirror,) = [one for one in configured if "Mirror" in json.dumps(one["FunctionName"])]
    assert (mirror["MaximumRetryAttempts"], mirror["MaximumEventAgeInSeconds"]) == (0, 60)
