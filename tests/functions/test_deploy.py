"""A deployment is prepared from what the registry, the endpoint and the model's record say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.tidegate.models.plans import PLAN
from tidegate.errors import NotFound, Refused, Transient
from tidegate.facts import ModelApproved, RollbackRequested
from tidegate.models.deployments import Deployments
from tidegate.models.in_service import Records
from tidegate.models.rollout import Site
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.world import World

GROUP = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay"
SITE = Site(
    environment="laptop",
    region="eu-west-1",
    role="arn:aws:iam::000000000000:role/model",
    lookup_table="lookups",
    artefact_bucket="artefact",
)


def approved(version: int) -> ModelApproved:
    return ModelApproved(model="flight_delay", version=version, package_arn=f"{GROUP}/{version}")


def unwanted(version: int) -> RollbackRequested:
    return RollbackRequested(model="flight_delay", version=version, asked_by="ann", because="it is odd")


class Registry:
    """Stands for SageMaker: packages, and an endpoint in a state that serves a version, or none."""

    def __init__(self, status: str = "", version: int = 1, sha256: str = "ab" * 32) -> None:
        self.status = status
        self.version = version
        self.deleted: list[str] = []
        self._properties = {"sha256": sha256} if sha256 else {}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        assert ModelPackageName.startswith(f"{GROUP}/")
        container = {"Image": "image:1", "ModelDataUrl": "s3://artefact/model.tar.gz"}
        return {
            "InferenceSpecification": {"Containers": [container]},
            "ModelPackageArn": ModelPackageName,
            "CustomerMetadataProperties": self._properties,
        }

    def delete_endpoint(self, EndpointName: str) -> None:
        self.deleted.append(EndpointName)

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        if not self.status:
            error = {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}
            raise ClientError({"Error": error}, "DescribeEndpoint")
        config = f"{EndpointName}-v{self.version}"
        return {"EndpointName": EndpointName, "EndpointStatus": self.status, "EndpointConfigName": config}


class Alarms:
    """Stands for CloudWatch: those of the asked alarms that ring."""

    def __init__(self, *ringing: str) -> None:
        self._ringing = ringing

    def describe_alarms(self, AlarmNames: list[str], StateValue: str) -> dict[str, Any]:
        assert StateValue == "ALARM"
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames if name in self._ringing]}


@pytest.fixture
def records(world: World) -> Records:
    return Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])


@pytest.fixture
def deployments(records: Records) -> Callable[..., Deployments]:
    def made(registry: Registry, alarms: Alarms | None = None) -> Deployments:
        rung.clear()
        return Deployments(registry, alarms or Alarms(), records, SITE, PLAN, rung.append)

    rung: list[str] = []
    made.rung = rung  # type: ignore[attr-defined]
    return made


def served(records: Records, *versions: int) -> None:
    for version in versions:
        arn = f"{GROUP}/{version}"
        records.change("flight_delay", lambda now, v=version, a=arn: now.answers(v, a))  # type: ignore[misc]


def test_a_first_version_creates_the_endpoint_and_a_later_one_updates_it(
    deployments: Callable[..., Deployments], records: Records
) -> None:
    assert deployments(Registry()).out(approved(1))["way"] == "create"
    assert deployments(Registry("InService")).out(approved(2))["way"] == "update"
    assert records.read("flight_delay").going_in == 2


def test_the_registered_image_data_and_hash_are_what_is_rolled_out(
    deployments: Callable[..., Deployments],
) -> None:
    prepared = deployments(Registry()).out(approved(3))
    container = prepared["create_model"]["PrimaryContainer"]
    assert (container["Image"], container["ModelDataUrl"]) == ("image:1", "s3://artefact/model.tar.gz")
    assert container["Environment"]["TIDEGATE_MODEL_SHA256"] == "ab" * 32
    assert (prepared["model"], prepared["version"], prepared["package_arn"]) == (
        "flight_delay",
        3,
        f"{GROUP}/3",
    )


def test_a_version_of_which_the_registry_names_no_hash_is_not_rolled_out(
    deployments: Callable[..., Deployments],
) -> None:
    with pytest.raises(Refused, match="names no SHA-256"):
        deployments(Registry(sha256="")).out(approved(3))


def test_an_approval_that_comes_twice_changes_nothing_the_second_time(
    deployments: Callable[..., Deployments],
) -> None:
    assert deployments(Registry("InService", version=3)).out(approved(3))["way"] == "nothing"


def test_an_endpoint_that_was_never_made_is_removed_before_the_next_one(
    deployments: Callable[..., Deployments],
) -> None:
    failed = Registry("Failed")
    with pytest.raises(Transient, match="is being deleted"):
        deployments(failed).out(approved(2))
    assert failed.deleted == ["tidegate-laptop-flight-delay"]


def test_a_roll_out_waits_for_the_one_before_it_and_for_alarms_that_ring(
    deployments: Callable[..., Deployments],
) -> None:
    with pytest.raises(Transient, match="another deployment is under way"):
        deployments(Registry("Updating")).out(approved(2))
    with pytest.raises(Transient, match="rings now: tidegate-laptop-flight-delay-latency"):
        deployments(Registry("InService"), Alarms("tidegate-laptop-flight-delay-latency")).out(approved(2))


def test_the_way_back_leads_to_what_served_before_and_no_alarm_stops_it(
    deployments: Callable[..., Deployments], records: Records
) -> None:
    served(records, 1, 2, 3)
    prepared = deployments(Registry("InService", version=3)).back(unwanted(3))
    assert (prepared["version"], prepared["leaves"], prepared["way"]) == (2, 3, "update")
    assert prepared["because"] == "asked for by ann: it is odd"
    assert "AutoRollbackConfiguration" not in prepared["deployment_config"]


def test_a_roll_out_under_way_is_sent_back_by_its_alarm_until_it_has_gone(
    deployments: Callable[..., Deployments], records: Records
) -> None:
    served(records, 1, 2)
    records.change("flight_delay", lambda now: now.begins(3))
    under_way = Registry("Updating", version=2)
    with pytest.raises(Transient, match="is being taken back"):
        deployments(under_way).back(unwanted(3))
    assert deployments.rung == ["tidegate-laptop-flight-delay"]  # type: ignore[attr-defined]
    assert records.read("flight_delay").unwanted == "asked for by ann: it is odd"
    under_way.status = "InService"
    prepared = deployments(under_way).back(unwanted(3))
    assert (prepared["version"], prepared["way"]) == (2, "nothing")


def test_a_wish_that_one_version_leave_takes_no_other_ones_roll_out_back(
    deployments: Callable[..., Deployments], records: Records
) -> None:
    served(records, 1, 2)
    records.change("flight_delay", lambda now: now.begins(3))
    under_way = Registry("Updating", version=2)
    with pytest.raises(Transient, match="version 3 is under way, and nobody asked"):
        deployments(under_way).back(unwanted(2))
    assert deployments.rung == []  # type: ignore[attr-defined]
    assert records.read("flight_delay").unwanted == ""
    under_way.status = "InService"  # the roll-out was taken back: version 2 is still the one to leave
    assert deployments(under_way).back(unwanted(2))["version"] == 1


def test_without_anything_before_there_is_no_way_back(
    deployments: Callable[..., Deployments], records: Records
) -> None:
    with pytest.raises(NotFound, match="no version of it is in service"):
        deployments(Registry()).back(unwanted(1))
    served(records, 1)
    with pytest.raises(Refused, match="no version served before version 1"):
        deployments(Registry("InService")).back(unwanted(1))
