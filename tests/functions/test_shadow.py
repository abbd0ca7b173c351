"""A shadow is compared for its time, and then takes over, or goes without having answered anybody."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds import eventually
from tests.functions.machine import WAIT_SECONDS, Machine, tiny_cloud
from tests.tidegate.models.plans import MODEL
from tidegate.models.rollout import Site, Version, prepare, version_of
from tidegate.models.shadowing import Answers, fault
from tidegate.models.ways import RealTime, Shadow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.cloud import LocalCloud

SHADOWED = replace(MODEL, rollout=Shadow(seconds=45), serving=RealTime(instances=1))
FINE = "return {'unwanted': ''}"
LATE = "return {'unwanted': 'it is slow'} if event['last'] else {'unwanted': ''}"
BROKEN = "raise type('Nonsense', (Exception,), {})('no figures')"
OUTCOME = """return {'outcome': %r, 'version': 2, 'back_to': 1, 'endpoint': event['endpoint'],
        'reason': event['because'] or event.get('reason') or 'it is slow'}"""


@pytest.fixture(scope="module")
def shadowing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A cloud whose image of the models is one small program."""
    with tiny_cloud("shadowing", tmp_path_factory.mktemp("shadowing"), "TIDEGATE_LOCAL_TIME_SCALE") as cloud:
        yield cloud


def archive(answer: str) -> bytes:
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as tar:
        member = tarfile.TarInfo("answer.txt")
        member.size = len(answer)
        tar.addfile(member, io.BytesIO(answer.encode()))
    return body.getvalue()


class Deployment:
    """An endpoint that serves version 1, and the deployment machine about to bring in version 2."""

    def __init__(self, cloud: LocalCloud, compare: str, outcome: str) -> None:
        functions = {"Deploy": "return event['detail']", "Compare": compare, "Verify": OUTCOME % outcome}
        functions |= dict.fromkeys(("Shift", "Clear"), "raise ValueError('it has no front')")
        self.machine = Machine(cloud, "deployment", functions)
        self.sagemaker, self.environment = self.machine.sagemaker, self.machine.name
        self.site = Site(
            environment=self.environment,
            region="eu-west-1",
            role=self.machine.role,
            lookup_table="lookups",
            artefact_bucket=self.machine.name,
        )
        first = prepare(SHADOWED, self.version(1), self.site, way="create")
        self.sagemaker.create_model(**first["create_model"])
        self.sagemaker.create_endpoint_config(**first["create_endpoint_config"])
        self.endpoint = first["endpoint"]
        self.live = first["create_endpoint_config"]["EndpointConfigName"]
        self.sagemaker.create_endpoint(EndpointName=self.endpoint, EndpointConfigName=self.live)
        eventually(lambda: self.serving()["EndpointStatus"] == "InService", WAIT_SECONDS)

    def version(self, number: int) -> Version:
        s3, key = self.machine.cloud.client("s3"), f"{number}/model.tar.gz"
        s3.put_object(Bucket=self.machine.name, Key=key, Body=archive(f"v{number}"))
        return Version(
            version=number,
            package_arn=f"arn:{number}",
            image="tiny:1",
            model_data=f"s3://{self.machine.name}/{key}",
            sha256="",
        )

    def serving(self) -> dict[str, Any]:
        found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=self.endpoint)
        return found

    def begun(self, **changed: Any) -> str:
        """The execution that deploys version 2 as the first one's shadow."""
        plan = prepare(SHADOWED, self.version(2), self.site, way="shadow", since="now", before=self.live)
        plan["deployment_config"].pop("AutoRollbackConfiguration")  # its alarms are another stack's
        return self.machine.start({"detail": plan | changed})

    def run(self, **changed: Any) -> tuple[dict[str, Any], list[str]]:
        """Deploy version 2 as the first one's shadow; how it ended, and the states on its way."""
        execution = self.begun(**changed)
        return self.machine.ended(execution), self.machine.entered(execution)


def test_a_shadow_against_which_nothing_speaks_takes_over(shadowing: LocalCloud) -> None:
    deployment = Deployment(shadowing, FINE, "deployed")
    # the machine's own Deploy hands the plan on
    ended, states = deployment.run()
    assert ended["status"] == "SUCCEEDED", ended
    assert states.count("CompareShadow") == 3
    assert states.index("StartShadow") < states.index("CompareShadow") < states.index("UpdateEndpoint")
    assert version_of(deployment.serving()["EndpointConfigName"]) == 2


def test_a_shadow_against_which_something_speaks_goes(shadowing: LocalCloud) -> None:
    deployment = Deployment(shadowing, LATE, "taken back")
    ended, states = deployment.run()
    assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack"), ended
    assert states.count("CompareShadow") == 3
    assert "UpdateEndpoint" not in states
    assert deployment.serving()["EndpointConfigName"] == deployment.live


def test_a_shadow_that_cannot_be_compared_does_not_stay(shadowing: LocalCloud) -> None:
    """An endpoint that kept its shadow would be under way for ever, and no version could follow."""
    deployment = Deployment(shadowing, BROKEN, "taken back")
    ended, states = deployment.run()
    assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack"), ended
    assert states[-7:] == [
        "IsItThere",
        "Verify",
        "WhatCameOfIt",
        "SayRolledBack",
        "AreThereLeftovers",
        "WasItAskedFor",
        "RolledBack",
    ]
    assert "answers, not version 2: CompareShadow failed: Nonsense: " in ended["cause"]
    assert "no figures" in ended["cause"]
    assert deployment.serving()["EndpointConfigName"] == deployment.live


def test_a_shadow_that_cannot_take_over_does_not_stay(shadowing: LocalCloud) -> None:
    deployment = Deployment(shadowing, FINE, "taken back")
    nonsense = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "CANARY"}}}
    ended, states = deployment.run(deployment_config=nonsense)
    assert (ended["status"], ended["error"]) == ("FAILED", "RolledBack"), ended
    assert states[states.index("UpdateEndpoint") :][:3] == ["UpdateEndpoint", "IsThereAShadow", "EndShadow"]
    assert "UpdateEndpoint failed: " in ended["cause"]
    assert deployment.serving()["EndpointConfigName"] == deployment.live


@pytest.mark.parametrize(
    ("shadow", "said"),
    [
        (Answers(asked=1000, errors=5, slowest=120_000), ""),
        (Answers(asked=100, errors=6, slowest=100_000), "6 of the shadow's 100 answers were errors"),
        (Answers(asked=1000, errors=0, slowest=260_000), "99th percentile was 260 ms"),
    ],
)
def test_what_speaks_against_a_shadow_is_errors_and_slowness(shadow: Answers, said: str) -> None:
    found = fault(Answers(asked=1000, errors=0, slowest=100_000), shadow)
    assert (said in found) if said else not found
