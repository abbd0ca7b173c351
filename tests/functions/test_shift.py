"""The deployment machine brings a serverless version in look by look; what dies or fails is harmless."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from infra.flow import FLOW
from infra.layers import ROOT
from tests.clouds import eventually
from tests.functions.machine import WAIT_SECONDS, Machine, tiny_cloud
from tests.functions.test_shadow import OUTCOME, archive
from tests.tidegate.models.plans import MODEL
from tidegate.models.front import KEPT_SECONDS
from tidegate.models.rollout import Site, Version
from tidegate.models.shares import course, prepare_shift
from tidegate.models.ways import Canary, Serverless

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud

SERVERLESS = replace(MODEL, serving=Serverless(concurrency=2), rollout=Canary(percent=50, seconds=30))
LOOKS = """seen = event['looked']
    told = {'looked': seen + 1, 'copies': %d, 'last': seen == 2}
    if event.get('failed'):
        return {'state': 'over', 'looked': seen, 'compares': False, 'reason': event['failed']}
    %s
    if seen >= 3:
        return {'state': 'over', 'looked': seen, 'compares': False, 'reason': ''}
    return {**told, 'state': 'goes on', 'compares': True}"""
DIES_ONCE = """import os, pathlib
    mark = pathlib.Path(event['marks']) / str(seen)
    if not mark.exists():
        mark.touch()
        os._exit(1)"""
VERIFY_DIES = DIES_ONCE.replace("str(seen)", "'verified'")
DEPLOY_DIES = VERIFY_DIES.replace("event['marks']", "event['detail']['marks']")
FINDS_NOBODY = VERIFY_DIES.replace("os._exit(1)", "raise type('ClientError', (Exception,), {})('throttled')")
REFUSES = """import pathlib, uuid
    (pathlib.Path({}) / uuid.uuid4().hex).touch()
    raise type('Refused', (Exception,), {{}})('it is none of ours')"""
NONSENSE = "raise type('Nonsense', (Exception,), {})('it broke')"
FINE = "return {'unwanted': ''}"


@pytest.fixture(scope="module")
def fronted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud whose image of the models is one small program."""
    with tiny_cloud("fronted", tmp_path_factory.mktemp("fronted"), "SFN_WAIT_SCALE") as cloud:
        yield cloud


class Shift:
    """The machine about to bring version 2 in behind our front, with a `shift` that does as a test wants."""

    def __init__(
        self,
        cloud: LocalCloud,
        more: str = "pass",
        *,
        copies: int = 0,
        compare: str = FINE,
        verify: str = "deployed",
        verify_first: str = "pass",
        deploy_first: str = "pass",
    ) -> None:
        functions = {"Deploy": f"{deploy_first}\n    return event['detail']"}
        functions |= {"Compare": compare, "Clear": "return []"}
        functions |= {"Shift": LOOKS % (copies, more), "Verify": f"{verify_first}\n    {OUTCOME % verify}"}
        self.machine = Machine(cloud, "deployment", functions)
        self.site = Site(
            environment=self.machine.name,
            region="eu-west-1",
            role=self.machine.role,
            lookup_table="lookups",
            artefact_bucket=self.machine.name,
        )
        s3 = self.machine.cloud.client("s3")
        s3.put_object(Bucket=self.machine.name, Key="model.tar.gz", Body=archive("v2"))

    def begin(self, image: str = "tiny:1", **changed: Any) -> str:
        data = f"s3://{self.machine.name}/model.tar.gz"
        version = Version(version=2, package_arn="arn:2", image=image, model_data=data, sha256="")
        plan = prepare_shift(SERVERLESS, version, self.site, course(SERVERLESS.rollout), since="now")
        return self.machine.start({"detail": plan | changed})

    def run(self, image: str = "tiny:1", **changed: Any) -> tuple[dict[str, Any], list[str]]:
        execution = self.begin(image, **changed)
        return self.machine.ended(execution), self.machine.entered(execution)


def test_a_version_gets_an_endpoint_is_looked_at_verified_and_what_is_left_over_goes(
    fronted: LocalCloud,
) -> None:
    ended, states = Shift(fronted).run()
    assert ended["status"] == "SUCCEEDED", ended
    look = ["Shift", "HowDoesItGo", "CompareShares", "WaitForShift"]
    begins = states.index("FindVersionsEndpoint")
    assert states[begins:] == [
        "FindVersionsEndpoint",
        "CreateVersionsEndpoint",
        *3 * look,
        *["Shift", "HowDoesItGo", "Verify", "WhatCameOfIt", "SayDeployed"],
        *["AreThereLeftovers", "WaitForCallers", "Clear", "WasItAskedFor", "Deployed"],
    ]


def test_requests_under_way_have_ended_before_an_endpoint_goes() -> None:
    states = json.loads((ROOT / "infra/machines/deployment.asl.json").read_text())["States"]
    before = [one for one in states.values() if one.get("Next") == "Clear"]
    assert [one["Type"] for one in before] == ["Wait"]
    assert before[0]["Seconds"] >= FLOW["predict"].timeout + KEPT_SECONDS
    assert not any(choice["Next"] == "Clear" for one in states.values() for choice in one.get("Choices", ()))


def test_an_endpoint_that_is_there_is_not_made_again(fronted: LocalCloud) -> None:
    shift = Shift(fronted)
    assert shift.run()[0]["status"] == "SUCCEEDED"
    ended, states = shift.run()
    assert ended["status"] == "SUCCEEDED", ended
    assert "CreateVersionsEndpoint" not in states
    assert "CreateModel" not in states


def test_a_look_that_dies_is_done_again(fronted: LocalCloud, tmp_path: Path) -> None:
    ended, states = Shift(fronted, DIES_ONCE).run(marks=str(tmp_path))
    assert ended["status"] == "SUCCEEDED", ended
    assert sorted(mark.name for mark in tmp_path.iterdir()) == ["0", "1", "2", "3"]
    assert "PutBack" not in states


def test_an_execution_that_was_stopped_goes_on_from_its_look(fronted: LocalCloud) -> None:
    shift = Shift(fronted)
    execution = shift.begin()
    eventually(lambda: shift.machine.entered(execution).count("WaitForShift") > 1, WAIT_SECONDS)
    shift.machine.states.stop_execution(executionArn=execution)
    assert shift.machine.ended(execution)["status"] == "ABORTED"
    shift.machine.states.redrive_execution(executionArn=execution)
    assert shift.machine.ended(execution)["status"] == "SUCCEEDED"
    states = shift.machine.entered(execution)
    assert states.count("CreateVersionsEndpoint") == 1
    assert states.count("CompareShares") >= 3


@pytest.mark.parametrize(
    "dies", [{"verify_first": VERIFY_DIES}, {"verify_first": FINDS_NOBODY}, {"deploy_first": DEPLOY_DIES}]
)
def test_who_dies_on_a_question_or_finds_nobody_ready_is_asked_again(
    fronted: LocalCloud, tmp_path: Path, dies: dict[str, str]
) -> None:
    ended, states = Shift(fronted, **dies).run(marks=str(tmp_path))
    assert ended["status"] == "SUCCEEDED", ended
    assert [mark.name for mark in tmp_path.iterdir()] == ["verified"]
    assert states.count("SayDeployed") == 1


@pytest.mark.parametrize(
    ("refuses", "state"),
    [
        ({"verify_first": REFUSES.format("event['marks']")}, "Verify"),
        ({"deploy_first": REFUSES.format("event['detail']['marks']")}, "Prepare"),
    ],
)
def test_what_a_question_refuses_is_not_asked_again(
    fronted: LocalCloud, tmp_path: Path, refuses: dict[str, str], state: str
) -> None:
    ended, _states = Shift(fronted, **refuses).run(marks=str(tmp_path))
    assert (ended["status"], ended["error"]) == ("FAILED", f"{state}Failed"), ended
    assert "it is none of ours" in ended["cause"]
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("more", "image", "said"),
    [
        (NONSENSE, "tiny:1", "Shift failed: Nonsense"),
        ("pass", "no-image:1", "CreateModel failed: "),
    ],
)
def test_what_fails_for_good_is_put_back(fronted: LocalCloud, more: str, image: str, said: str) -> None:
    ended, states = Shift(fronted, more, verify="taken back").run(image)
    assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack"), ended
    assert said in ended["cause"]
    begins = states.index("PutBack")
    assert states[begins : begins + 3] == ["PutBack", "Verify", "WhatCameOfIt"]
    assert states[-4:] == ["WaitForCallers", "Clear", "WasItAskedFor", "RolledBack"]


@pytest.mark.parametrize(("copies", "outcome"), [(100, "taken back"), (0, "deployed")])
def test_only_a_shadow_has_to_be_compared(fronted: LocalCloud, copies: int, outcome: str) -> None:
    ended, states = Shift(fronted, copies=copies, compare=NONSENSE, verify=outcome).run()
    assert ("PutBack" in states) == bool(copies), states
    assert states.count("CompareShares") == (1 if copies else 3)
    assert ended["status"] == ("FAILED" if copies else "SUCCEEDED"), ended
    if copies:
        assert "CompareShares failed: Nonsense" in ended["cause"]
