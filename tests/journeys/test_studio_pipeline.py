"""The exported pipeline trains the same model as the machine, by the definition that the SDK makes.

`studio/pipeline.json` is what the sagemaker SDK 3.27 makes of `studio/facts.json`; that it still does is a
test of the opt-in group `sagemaker_sdk`, so that this one needs no SDK.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import drops, land, machines, registry
from infra.studio import deployed
from tests.clouds import eventually
from tidegate.lake.layout import split_uri
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place

pytestmark = pytest.mark.journey

STUDIO = Path(__file__).parent / "studio"
MODEL = "flight_delay"
MONTHS = 3
WAIT_SECONDS = 600.0


@pytest.fixture(scope="module")
def trained(place: Place) -> list[registry.Version]:
    """The versions that the machine made; the data are landed if no other journey did."""
    if not registry.versions(place, MODEL):
        data = drops.folder()
        first = [*drops.before_the_flights(MONTHS, data), *drops.flights(MONTHS, data)]
        for group in (first, drops.after_the_flights(data)):
            land.settled(place, [land.put(place, drop.key, drop.body) for drop in group], WAIT_SECONDS)
        started = machines.wait_for(place, Setting.TRAINING_MACHINE_ARN, set(), WAIT_SECONDS)
        machines.follow(place, started, lambda _: None, WAIT_SECONDS)
    return registry.versions(place, MODEL)


@pytest.fixture(scope="module")
def facts(place: Place) -> dict[str, Any]:
    return deployed.facts(place, plan().model(MODEL))


def test_the_committed_facts_are_those_of_a_laptop(facts: dict[str, Any]) -> None:
    assert json.loads((STUDIO / "facts.json").read_text()) == {**facts, "key": "KEY"}


def test_a_pipeline_gives_the_model_that_the_machine_gives(
    place: Place, trained: list[registry.Version], facts: dict[str, Any]
) -> None:
    definition = (STUDIO / "pipeline.json").read_text().replace('"KEY"', json.dumps(facts["key"]))
    said = run(place, definition, role(place, deployed.role_needs(facts)))
    assert said["status"] == "Succeeded", said
    assert set(said["steps"]) == {
        "Decide",
        "Keep",
        "Snapshot",
        "Train",
        "Evaluate",
        "Gate",
        "Passed",
        "Register",
    }
    arn = said["steps"]["Register"]["Metadata"]["RegisterModel"]["Arn"]
    piped = next(one for one in registry.versions(place, MODEL) if one.arn == arn)
    assert piped.status == registry.PENDING
    assert piped.told["cause"] == "Pipeline"
    read = [name for name in piped.told if name.startswith(("snapshot_", "contract_", "code"))]
    same = [one for one in trained if all(one.told.get(name) == piped.told[name] for name in read)]
    assert same, "the machine has trained on other data"
    digests = {onnx_digest(place, one.arn) for one in (piped, same[0])}
    assert digests == {piped.told["sha256"]}


def role(place: Place, policy: dict[str, Any]) -> str:
    """A role with the policy that the export names, and nothing else."""
    iam = place.client("iam")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made: str = iam.create_role(RoleName="studio", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    iam.put_role_policy(RoleName="studio", PolicyName="needs", PolicyDocument=json.dumps(policy))
    return made


def run(place: Place, definition: str, role_arn: str) -> dict[str, Any]:
    """How an execution of the pipeline ended, with its steps by name."""
    sagemaker = place.client("sagemaker")
    sagemaker.create_pipeline(PipelineName="studio", PipelineDefinition=definition, RoleArn=role_arn)
    arn = sagemaker.start_pipeline_execution(PipelineName="studio")["PipelineExecutionArn"]

    def ended() -> str | None:
        status = str(
            sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"]
        )
        return status if status in ("Succeeded", "Failed") else None

    status = eventually(ended, seconds=WAIT_SECONDS)
    listed = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=arn)["PipelineExecutionSteps"]
    return {"status": status, "steps": {step["StepName"]: step for step in listed}}


def onnx_digest(place: Place, package: str) -> str:
    """The hash of a version's ONNX file, from its archive."""
    found = place.client("sagemaker").describe_model_package(ModelPackageName=package)
    bucket, key = split_uri(found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
    body = place.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
        member = archive.extractfile("model.onnx")
        assert member
        return hashlib.sha256(member.read()).hexdigest()
