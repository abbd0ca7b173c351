"""An endpoint that nobody asks is named with its cost, and goes where its model wants it gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.tidegate.models.plans import MODEL
from tidegate.models.idling import IdleEndpoints, monthly
from tidegate.models.in_service import Records
from tidegate.models.ways import Idle
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

NOW = datetime.now(UTC)
VARIANT = {"VariantName": "AllTraffic", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}


class Serving:
    """Stands for SageMaker: an endpoint that has been as it is for so many days."""

    def __init__(self, days: float) -> None:
        self.there, self._since = True, NOW - timedelta(days=days)

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:
        if not self.there:
            error = {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}
            raise ClientError({"Error": error}, "DescribeEndpoint")
        told = {"EndpointName": EndpointName, "EndpointStatus": "InService", "EndpointConfigName": "c-v1"}
        return {**told, "LastModifiedTime": self._since}

    def describe_endpoint_config(self, EndpointConfigName: str) -> dict[str, Any]:
        assert EndpointConfigName == "c-v1"
        return {"ProductionVariants": [VARIANT]}

    def delete_endpoint(self, EndpointName: str) -> None:
        assert EndpointName.endswith("-flight-delay")
        self.there = False


@pytest.fixture
def records(world: World) -> Records:
    return Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])


def looked(world: World, records: Records, serving: Serving, told: list[float], **idle: Any) -> str:
    cloudwatch = boto3.client("cloudwatch")
    look = IdleEndpoints(serving, cloudwatch, records, world.name, lambda _, dollars: told.append(dollars))
    return look.look(replace(MODEL, idle=Idle(**idle)), NOW + timedelta(seconds=5))


def test_what_nobody_asked_for_so_long_is_named_with_its_cost(world: World, records: Records) -> None:
    told: list[float] = []
    said = looked(world, records, Serving(days=15), told)
    assert said == "no request for 14 days, about $168 a month"
    assert [round(dollars) for dollars in told] == [168]
    assert records.read("flight_delay").idle == said
    assert looked(world, records, Serving(days=13), told) == ""  # it is not that old
    assert records.read("flight_delay").idle == ""


def test_what_is_asked_is_not_idle(world: World, records: Records) -> None:
    dimensions = [
        {"Name": "EndpointName", "Value": f"tidegate-{world.name}-flight-delay"},
        {"Name": "VariantName", "Value": "AllTraffic"},
    ]
    datum = {"MetricName": "Invocations", "Dimensions": dimensions, "Value": 1.0, "Timestamp": NOW}
    boto3.client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=[datum])
    assert looked(world, records, Serving(days=15), []) == ""


def test_an_endpoint_that_a_version_has_of_its_own_costs_nothing_while_idle(
    world: World, records: Records
) -> None:
    serving = Serving(days=15)  # instances that are left, of a model that moved
    records.change("flight_delay", lambda now: now.answers(1, "arn:1", "its-own"))
    assert looked(world, records, serving, [], days=2, switch_off=True) == ""
    assert (records.read("flight_delay").idle, records.read("flight_delay").off) == ("", False)
    assert serving.there


def test_by_its_models_rule_it_is_switched_off_and_promote_brings_it_back(
    world: World, records: Records
) -> None:
    serving = Serving(days=3)
    said = looked(world, records, serving, [], days=2, switch_off=True)
    assert said.endswith("switched off: tidegate promote flight_delay VERSION brings it back")
    assert not serving.there
    assert looked(world, records, serving, [], days=2, switch_off=True) == ""
    assert (records.read("flight_delay").idle, records.read("flight_delay").off) == (said, True)
    records.change("flight_delay", lambda now: now.answers(1, "arn:1"))
    assert (records.read("flight_delay").idle, records.read("flight_delay").off) == ("", False)


def test_why_it_goes_is_written_down_before_it_goes(world: World, records: Records) -> None:
    class Dying(Serving):
        def delete_endpoint(self, EndpointName: str) -> None:
            super().delete_endpoint(EndpointName)
            raise TimeoutError  # the function dies here

    with pytest.raises(TimeoutError):
        looked(world, records, Dying(days=3), [], days=2, switch_off=True)
    assert "switched off" in records.read("flight_delay").idle


def test_a_price_that_is_not_known_is_not_guessed() -> None:
    assert monthly([VARIANT]) == pytest.approx(2 * 0.115 * 730)
    assert monthly([VARIANT, {**VARIANT, "InstanceType": "ml.x1.large"}]) is None
