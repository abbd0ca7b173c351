"""What is deployed is told as it is: whole, not at all, or half-way, with what to type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import main as command
from infra.cli import stacks

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.cloud import LocalCloud
    from tests.infra.conftest import Synthesis

QUEUE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})


@pytest.fixture
def told(
    cloud: LocalCloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Any]]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)

    def tell(*arguments: str) -> tuple[int, Any]:
        code = command.main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return tell


def test_an_environment_that_is_half_there_is_told_so_with_what_to_type(
    cloud: LocalCloud, told: Callable[..., tuple[int, Any]]
) -> None:
    cloudformation = cloud.client("cloudformation")
    for noun in ("lake", "training"):
        cloudformation.create_stack(StackName=f"tidegate-half-{noun}", TemplateBody=QUEUE)
        cloudformation.get_waiter("stack_create_complete").wait(StackName=f"tidegate-half-{noun}")
    code, answer = told("status", "--environment", "half")
    assert code == 1
    assert answer["said"] == (
        "half is deployed in part. Of its stacks are there: lake, training; not: ingest, serving, watch. "
        "To have it whole: tidegate deploy --environment half. "
        "To be rid of it: tidegate destroy --environment half"
    )
    assert answer["stacks"]["lake"] == "CREATE_COMPLETE"
    assert answer["stacks"]["watch"] == ""


@pytest.mark.parametrize("what", ["models", "status"])
def test_where_nothing_is_deployed_the_command_that_does_is_named(
    told: Callable[..., tuple[int, Any]], what: str
) -> None:
    code, answer = told(what, "--environment", "laptop")
    assert code == (3 if what == "models" else 1)
    assert "tidegate up" in json.dumps(answer)


def test_a_stack_that_could_not_be_deleted_is_neither_there_nor_gone(cloud: LocalCloud) -> None:
    from infra.cli.place import Place

    states = {**dict.fromkeys(stacks.NOUNS, ""), "lake": "DELETE_FAILED"}
    said = stacks.in_part(Place("laptop", cloud), states)
    assert "not: ingest, training, serving, watch; neither: lake is DELETE_FAILED" in said
    assert "To have it whole: tidegate up" in said
    assert stacks.in_part(Place("laptop", cloud), dict.fromkeys(stacks.NOUNS, "UPDATE_COMPLETE")) == ""
    assert stacks.in_part(Place("laptop", cloud), dict.fromkeys(stacks.NOUNS, "")) == ""


def test_the_stacks_are_those_that_are_synthesised(synthesis: Synthesis) -> None:
    assert set(stacks.NOUNS) == set(synthesis.templates)
