"""A dataset that must not wait for others has queues of its own, and the shared ones leave it alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.infra.changed import resources
from tidegate.plan import plan

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The resources of the ingest stack, were `flights` to declare `own_queue=True`."""
    known = plan()
    apart = {**known.datasets, "flights": replace(known.datasets["flights"], own_queue=True)}
    return resources(tmp_path_factory.mktemp("apart"), "ingest", replace(known, datasets=apart))


def _rules(ingest: dict[str, Any], detail_type: str) -> list[dict[str, Any]]:
    rules = [one["Properties"] for one in ingest.values() if one["Type"] == "AWS::Events::Rule"]
    patterns = [rule["EventPattern"] for rule in rules]
    return [one["detail"] for one in patterns if one["detail-type"] == [detail_type]]


def test_it_has_a_queue_with_dead_letters_at_each_stage(ingest: dict[str, Any]) -> None:
    queues = {one["Properties"]["QueueName"] for one in ingest.values() if one["Type"] == "AWS::SQS::Queue"}
    for stage in ("landed", "transform", "publish"):
        assert f"tidegate-laptop-{stage}-flights" in queues
        assert f"tidegate-laptop-{stage}-flights-dead-letters" in queues


def test_each_of_its_queues_is_emptied_by_the_stage_s_function(ingest: dict[str, Any]) -> None:
    mappings = [one for one in ingest.values() if one["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert len(mappings) == 6


def test_what_lands_goes_to_one_queue_or_the_other(ingest: dict[str, Any]) -> None:
    keys = [detail["object"]["key"] for detail in _rules(ingest, "Object Created")]
    assert sorted(keys, key=str) == sorted(
        [[{"prefix": "flights/"}], [{"anything-but": {"prefix": ["flights/"]}}]], key=str
    )


def test_a_fact_goes_to_one_queue_or_the_other(ingest: dict[str, Any]) -> None:
    datasets = [detail["dataset"] for detail in _rules(ingest, "FileTransformed")]
    assert sorted(datasets, key=str) == sorted([["flights"], [{"anything-but": ["flights"]}]], key=str)
