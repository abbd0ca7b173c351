"""One deployment of a model is at work at a time, the last wish stands, and what one left is cleared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from functions.deploy import answer
from tests.functions.deploying import GROUP, SITE, Registry, Stage
from tests.tidegate.models.plans import MODEL
from tidegate.models.in_service import leaving
from tidegate.models.rollout import Version, prepare, version_of
from tidegate.models.ways import RealTime, Shadow

if TYPE_CHECKING:
    from tests.functions.world import World

NOW = datetime(2026, 11, 26, 12, 1, tzinfo=UTC)
SHADOWED = replace(MODEL, rollout=Shadow(seconds=45), serving=RealTime(instances=1))


@pytest.fixture
def stage(world: World) -> Stage:
    found = Stage(world)
    found.served(1)
    found.registry = Registry("InService", version=1)
    return found


def test_of_two_approvals_that_wait_the_later_one_goes_in_whichever_asks_first(stage: Stage) -> None:
    stage.begins(2, "arn:e:2")
    assert [stage.out(3, "arn:e:3", 3)["way"], stage.out(4, "arn:e:4", 4)["way"]] == ["wait", "wait"]
    stage.served(2)
    stage.registry.version = 2
    told = stage.out(3, "arn:e:3", 3)
    assert (told["way"], told["waits_for"]) == (
        "superseded",
        "version 4 was approved later than version 3",
    )
    assert stage.out(4, "arn:e:4", 4)["way"] == "update"
    stage.served(4)
    stage.registry.version = 4
    assert stage.out(3, "arn:e:3", 3)["way"] == "superseded"


def test_an_approval_that_is_told_late_was_given_before_the_later_one(stage: Stage) -> None:
    """Who turns approvals into facts may die on one, and is asked again."""
    assert stage.out(4, "arn:e:4", 4)["way"] == "update"
    detail = {"model": "flight_delay", "version": 3, "package_arn": f"{GROUP}/3"}
    event = {"detail-type": "ModelApproved", "execution": "arn:e:3", "time": "2026-11-26T12:00:09Z"}
    told = answer(stage.deployments, {**event, "detail": {**detail, "at": "2026-11-26T12:00:03Z"}})
    assert told["way"] == "superseded"


def test_a_version_whose_approval_is_withdrawn_while_it_waits_does_not_go_in(stage: Stage) -> None:
    stage.begins(2, "arn:e:2")
    assert stage.out(3, "arn:e:3", 3)["way"] == "wait"
    stage.registry.approval = "Rejected"
    stage.executions.running.clear()
    told = stage.out(3, "arn:e:3", 3)
    assert (told["way"], told["waits_for"]) == ("superseded", "the approval of version 3 was withdrawn")
    assert stage.records.read("flight_delay").held_by == "arn:e:2"


def test_who_asks_for_an_older_version_again_gets_it(stage: Stage) -> None:
    assert stage.out(3, "arn:e:3", 3)["way"] == "update"
    stage.served(3)
    stage.registry.version = 3
    assert stage.out(2, "arn:e:2", 9)["way"] == "update"
    assert stage.records.read("flight_delay").wished == 2


def test_two_that_find_the_endpoint_at_rest_do_not_both_begin(stage: Stage) -> None:
    assert stage.out(2, "arn:e:2", 2)["way"] == "update"
    stage.executions.running.add("arn:e:2")  # it has not said UpdateEndpoint yet
    told = stage.out(3, "arn:e:3", 3)
    assert (told["way"], told["waits_for"]) == ("wait", "the roll-out of version 2 is under way (2)")
    assert stage.back(1)["way"] == "wait"
    stage.executions.running.clear()
    assert stage.out(3, "arn:e:3", 3)["way"] == "update"


def test_who_asks_twice_does_not_wait_for_itself(stage: Stage) -> None:
    stage.executions.running.add("arn:e:2")
    assert [stage.out(2, "arn:e:2", 2)["way"] for _ in range(2)] == ["update", "update"]


@pytest.mark.parametrize("version", [2, 3], ids=["the same version again", "another one"])
def test_a_shadow_that_nobody_attends_is_removed_before_the_next_deployment(
    stage: Stage, version: int
) -> None:
    stage.begins(2, "arn:e:2")
    stage.registry = Registry("InService", version=1, shadow=2)
    assert stage.out(version, "arn:e:3", 3)["way"] == "wait"  # it is attended
    stage.executions.running.clear()
    told = stage.out(version, "arn:e:3", 3)
    assert (told["way"], told["version"], told["endpoint"]) == (
        "clear",
        version,
        "tidegate-laptop-flight-delay",
    )
    assert told["shadow"]["before"] == "tidegate-laptop-flight-delay-beef00-v1"
    record = stage.records.read("flight_delay")
    assert (record.going_in, record.version) == (0, 1)
    assert [(one.version, one.back_to, one.reason) for one in record.taken_back] == [
        (2, 1, "its deployment ended while it was a shadow")
    ]
    assert stage.out(version, "arn:e:3", 3)["way"] == "clear"  # asked again before the endpoint moved
    assert len(stage.records.read("flight_delay").taken_back) == 1
    stage.registry = Registry("InService", version=1)
    assert stage.out(version, "arn:e:3", 3)["way"] == "update"


def test_a_rollback_removes_a_shadow_that_nobody_attends(stage: Stage) -> None:
    stage.begins(2, "arn:e:2")
    stage.executions.running.clear()
    stage.registry = Registry("InService", version=1, shadow=2)
    config = stage.registry.describe_endpoint("e")["EndpointConfigName"]
    assert leaving(stage.records.read("flight_delay"), "InService", config, NOW) == 2
    assert stage.back(2)["way"] == "clear"
    stage.registry = Registry("InService", version=1)
    told = stage.back(2)
    assert (told["way"], told["version"], told["leaves"]) == ("nothing", 1, 2)


def test_an_update_that_nobody_looked_at_can_be_sent_back_or_followed(stage: Stage) -> None:
    """SageMaker finishes an update whose execution was aborted; nobody asked yet what answers."""
    stage.begins(2, "arn:e:2")
    stage.executions.running.clear()
    stage.registry.version = 2
    config = stage.registry.describe_endpoint("e")["EndpointConfigName"]
    assert leaving(stage.records.read("flight_delay"), "InService", config, NOW) == 2
    told = stage.back(2)
    assert (told["way"], told["version"], told["leaves"]) == ("update", 1, 2)
    record = stage.records.read("flight_delay")
    assert (record.going_in, record.held_by) == (0, "arn:e:9")
    assert stage.out(3, "arn:e:3", 3)["way"] == "update"
    assert stage.records.read("flight_delay").going_in == 3


def test_who_is_not_alone_at_the_record_waits_and_is_no_error(stage: Stage) -> None:
    class Busy(Registry):
        def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
            self.somebody_writes()
            return super().describe_endpoint(EndpointName)

        def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
            self.somebody_writes()
            return super().describe_model_package(ModelPackageName)

        def somebody_writes(self) -> None:
            stage.records.change("flight_delay", lambda now: replace(now, idle="somebody writes"))

    stage.served(2)
    stage.registry = Busy("InService", version=2)
    at = {"execution": "arn:e:2", "time": "2026-11-26T12:00:00Z"}
    for name, version in (("ModelApproved", 3), ("RollbackRequested", 2)):
        detail = {"model": "flight_delay", "version": version, "package_arn": f"{GROUP}/{version}"}
        told = answer(stage.deployments, {"detail-type": name, "detail": detail, **at})
        assert told["way"] == "wait"
        assert told["waits_for"] == "the record of flight_delay: it was changed at the same time"


def test_other_instances_are_another_configuration_that_still_ends_with_its_version() -> None:
    version = Version(version=3, package_arn="arn", image="image:1", model_data="s3://a/b", sha256="")

    def named(**changed: object) -> tuple[str, str]:
        before = "tidegate-laptop-flight-delay-c0ffee-v2"
        told = prepare(replace(SHADOWED, **changed), version, SITE, way="shadow", before=before)
        return (
            told["create_endpoint_config"]["EndpointConfigName"],
            told["shadow"]["config"]["EndpointConfigName"],
        )

    one, two = named(), named(serving=RealTime(instances=3))
    assert one == named()
    assert not set(one) & set(two)
    assert [version_of(name) for name in (*one, *two)] == [3, 2, 3, 2]
    assert [("-shadows-" in name) for name in one] == [False, True]
    assert all(len(name) <= 63 for name in (*one, *two))
