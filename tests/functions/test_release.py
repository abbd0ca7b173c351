"""A person's word over HTTP: what is asked for is said on the bus or in the registry, and nothing else."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from functions.release import answer
from tests.tidegate.models.plans import PLAN
from tidegate.errors import BadRequest, NotFound, Refused
from tidegate.models.in_service import Records
from tidegate.models.releases import Releases
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

WHO = {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:user/ann"}}}


class Registry:
    """Stands for SageMaker: an endpoint that is being updated, and no packages."""

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        return {"EndpointName": EndpointName, "EndpointStatus": "Updating", "EndpointConfigName": "c-v1"}


@pytest.fixture
def releases(world: World) -> Releases:
    return Releases(
        boto3.client("sagemaker"),
        boto3.client("events"),
        Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE]),
        environment=world.name,
        bus=world.settings[Setting.BUS],
        registry="arn:aws:sagemaker:eu-west-1:000000000000:model-package",
    )


def asked(route: str, body: Any, model: str = "flight_delay") -> dict[str, Any]:
    return {
        "routeKey": f"POST /{route}/{{model}}",
        "pathParameters": {"model": model},
        "body": json.dumps(body),
        "requestContext": WHO,
    }


def test_an_approval_is_written_into_the_registry_with_who_gave_it_and_why(releases: Releases) -> None:
    group = f"tidegate-{releases.environment}-flight-delay"
    releases.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    arn = releases.sagemaker.create_model_package(
        ModelPackageGroupName=group, ModelApprovalStatus="PendingManualApproval"
    )["ModelPackageArn"]
    told = answer(releases, PLAN, asked("approve", {"version": 1, "because": "it is good"}))
    assert (told["model"], told["version"]) == ("flight_delay", 1)
    kept = releases.sagemaker.describe_model_package(ModelPackageName=arn)
    assert kept["ModelApprovalStatus"] == "Approved"
    assert kept["ApprovalDescription"] == "by arn:aws:iam::1:user/ann it is good"
    assert answer(releases, PLAN, asked("approve", {"version": 1}))["version"] == 1  # rolled out again


@pytest.mark.parametrize("body", [{}, {"version": "3"}, {"version": True}, [], "3"])
def test_an_approval_names_its_version(releases: Releases, body: Any) -> None:
    with pytest.raises(BadRequest):
        answer(releases, PLAN, asked("approve", body))


def test_a_body_of_endless_brackets_is_no_request(releases: Releases) -> None:
    event = asked("approve", {}) | {"body": "[" * 200_000}
    with pytest.raises(BadRequest):
        answer(releases, PLAN, event)


def test_what_does_not_exist_is_not_approved(releases: Releases) -> None:
    with pytest.raises(NotFound, match="no model is called 'nonsense'"):
        answer(releases, PLAN, asked("approve", {"version": 1}, model="nonsense"))
    with pytest.raises(NotFound, match="the registry has no version 7"):
        answer(releases, PLAN, asked("approve", {"version": 7}))


def test_the_way_back_is_asked_for_once_there_is_one(releases: Releases) -> None:
    with pytest.raises(NotFound, match="no version of it is in service"):
        answer(releases, PLAN, asked("rollback", {}))
    there = Releases(
        Registry(),
        releases.events,
        releases.records,
        environment=releases.environment,
        bus=releases.bus,
        registry=releases.registry,
    )
    there.records.change("flight_delay", lambda now: now.answers(1, "arn:1"))
    with pytest.raises(Refused, match="no version served before"):
        answer(there, PLAN, asked("rollback", {}))
    there.records.change("flight_delay", lambda now: now.begins(2))
    assert answer(there, PLAN, asked("rollback", {"because": uuid.uuid4().hex}))["version"] == 2
