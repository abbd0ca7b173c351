"""A deployment is prepared from what the registry, the endpoint and the model's record say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.functions.deploying import GROUP, Alarms, Registry, Stage
from tidegate.errors import NotFound, Refused

if TYPE_CHECKING:
    from tests.functions.world import World


@pytest.fixture
def stage(world: World) -> Stage:
    return Stage(world)


def test_a_first_version_creates_the_endpoint_and_a_later_one_updates_it(stage: Stage) -> None:
    assert stage.out(1)["way"] == "create"
    stage.registry.status = "InService"
    assert stage.out(2, second=1)["way"] == "update"
    assert stage.records.read("flight_delay").going_in == 2


def test_the_registered_image_data_and_hash_are_what_is_rolled_out(stage: Stage) -> None:
    prepared = stage.out(3)
    container = prepared["create_model"]["PrimaryContainer"]
    assert (container["Image"], container["ModelDataUrl"]) == ("image:1", "s3://artefact/model.tar.gz")
    assert container["Environment"]["TIDEGATE_MODEL_SHA256"] == "ab" * 32
    assert (prepared["model"], prepared["version"], prepared["package_arn"]) == (
        "flight_delay",
        3,
        f"{GROUP}/3",
    )


def test_a_version_of_which_the_registry_names_no_hash_is_not_rolled_out(stage: Stage) -> None:
    stage.registry = Registry(sha256="")
    with pytest.raises(Refused, match="names no SHA-256"):
        stage.out(3)


def test_an_approval_that_comes_twice_changes_nothing_the_second_time(stage: Stage) -> None:
    stage.registry = Registry("InService", version=3)
    assert stage.out(3)["way"] == "nothing"


def test_an_endpoint_that_was_never_made_is_removed_before_the_next_one(stage: Stage) -> None:
    stage.registry = Registry("Failed")
    told = stage.out(2)
    assert (told["way"], told["waits_for"]) == (
        "wait",
        "the endpoint tidegate-laptop-flight-delay came to nothing, and is being deleted",
    )
    assert stage.registry.deleted == ["tidegate-laptop-flight-delay"]


def test_a_roll_out_waits_for_the_one_before_it_and_for_alarms_that_ring(stage: Stage) -> None:
    """It says so: to wait is no error, and rings no alarm."""
    stage.registry = Registry("Updating")
    told = stage.out(2)
    assert (told["way"], told["waits_for"]) == ("wait", "another deployment is under way")
    stage.registry = Registry("InService")
    stage.alarms = Alarms("tidegate-laptop-flight-delay-latency")
    told = stage.out(2)
    said = "what is in service rings now: tidegate-laptop-flight-delay-latency"
    assert (told["way"], told["waits_for"]) == ("wait", said)


def test_the_way_back_leads_to_what_served_before_and_no_alarm_stops_it(stage: Stage) -> None:
    stage.served(1, 2, 3)
    stage.registry = Registry("InService", version=3)
    stage.alarms = Alarms("tidegate-laptop-flight-delay-latency")
    prepared = stage.back(3)
    assert (prepared["version"], prepared["leaves"], prepared["way"]) == (2, 3, "update")
    assert prepared["because"] == "asked for by ann: it is odd"
    assert "AutoRollbackConfiguration" not in prepared["deployment_config"]


def test_a_roll_out_under_way_is_sent_back_by_its_alarm_until_it_has_gone(stage: Stage) -> None:
    stage.served(1, 2)
    stage.begins(3, "arn:e:3")
    stage.registry = Registry("Updating", version=2)
    told = stage.back(3)
    assert (told["way"], told["waits_for"]) == (
        "wait",
        "the roll-out of version 3 is being taken back: the roll-out of version 3 is under way (3)",
    )
    assert stage.rung == ["tidegate-laptop-flight-delay"]
    assert stage.records.read("flight_delay").unwanted == "asked for by ann: it is odd"
    stage.registry.status = "InService"
    stage.executions.running.clear()
    prepared = stage.back(3)
    assert (prepared["version"], prepared["way"]) == (2, "nothing")


def test_a_wish_that_one_version_leave_takes_no_other_ones_roll_out_back(stage: Stage) -> None:
    stage.served(1, 2)
    stage.begins(3, "arn:e:3")
    stage.registry = Registry("Updating", version=2)
    told = stage.back(2)
    assert (told["way"], told["waits_for"]) == ("wait", "the roll-out of version 3 is under way (3)")
    assert stage.rung == []
    assert stage.records.read("flight_delay").unwanted == ""
    stage.registry.status = "InService"  # the roll-out was taken back: version 2 is still the one to leave
    stage.executions.running.clear()
    assert stage.back(2)["version"] == 1


def test_without_anything_before_there_is_no_way_back(stage: Stage) -> None:
    with pytest.raises(NotFound, match="no version of it is in service"):
        stage.back(1)
    stage.served(1)
    stage.registry = Registry("InService")
    with pytest.raises(Refused, match="no version served before version 1"):
        stage.back(1)
