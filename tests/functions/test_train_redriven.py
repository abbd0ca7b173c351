"""A training that is killed or fails in any of its states goes on there, and no finished step runs again."""

from __future__ import annotations

import json
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import clouds
from tests.clouds import eventually
from tests.functions.machine import WAIT_SECONDS, Machine
from tests.tidegate.models.test_gating import RUN

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = ("Snapshot", "Train", "Evaluate")
STATES = ("Keep", *STEPS, "Gate")  # the others are one call each, which its name or token makes harmless
GROUP = "tidegate-redriven-flight-delay"
TYPES = "'SupportedContentTypes': ['a/b'], 'SupportedResponseMIMETypes': ['a/b']"
CONTAINERS = "'Containers': [{'Image': event['image'], 'ModelDataUrl': event['model_data']}]"
GIVEN = f"'ModelPackageGroupName': '{GROUP}', 'ClientToken': event['run']"
PACKAGE = f"{{{GIVEN}, 'InferenceSpecification': {{{CONTAINERS}, {TYPES}}}}}"
TAKES_TIME = "import time; time.sleep(1.5); "
GATE = f"{TAKES_TIME}return {{'passed': True, 'reasons': [], 'package': {PACKAGE}}}"
KEEP = f"{TAKES_TIME}return {{}}"


@pytest.fixture(scope="module")
def fails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a file of a step's name lets it fail once."""
    return tmp_path_factory.mktemp("fails")


@pytest.fixture(scope="module")
def redriven(tmp_path_factory: pytest.TempPathFactory, fails: Path) -> Iterator[Machine]:
    """A cloud whose image of the models only takes its time, and the training machine in it."""
    program = [sys.executable, str(Path(__file__).with_name("steps_program.py")), str(fails)]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIDEGATE_LOCAL_IMAGES", json.dumps({"steps": program}))
        environment.setenv("TIDEGATE_LOCAL_TIME_SCALE", "0.01")
        with clouds.running("redriven", tmp_path_factory.mktemp("redriven")) as cloud:
            cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
            yield Machine(cloud, "training", {"Gate": GATE, "Keep": KEEP})


def begun(machine: Machine) -> tuple[str, str]:
    """Start a training; its run and its execution."""
    run = f"flight-delay-{uuid.uuid4().hex[:12]}"
    prefix = f"s3://{machine.name}/runs/flight_delay/{run}"
    told = {**json.loads(RUN.to_json()), "run": run, "prefix": prefix, "image": "steps:1"}
    key = f"runs/flight_delay/{run}/run.json"
    machine.cloud.client("s3").put_object(Bucket=machine.name, Key=key, Body=json.dumps(told))
    return run, machine.start(told, run)


def jobs(machine: Machine, run: str) -> dict[str, list[str]]:
    """The status of each job that a run asked for, by its step."""
    found: dict[str, list[str]] = {step: [] for step in STEPS}
    training = machine.sagemaker.list_training_jobs(NameContains=run)["TrainingJobSummaries"]
    found["Train"] = [one["TrainingJobStatus"] for one in training]
    for one in machine.sagemaker.list_processing_jobs(NameContains=run)["ProcessingJobSummaries"]:
        step = "Snapshot" if "-snapshot" in one["ProcessingJobName"] else "Evaluate"
        found[step].append(one["ProcessingJobStatus"])
    return found


def is_in(machine: Machine, state: str, run: str, execution: str) -> bool:
    """Whether an execution is in that state, and the state's job was asked for."""
    return state in machine.entered(execution) and (state not in STEPS or bool(jobs(machine, run)[state]))


def data(package: dict[str, Any]) -> str:
    """Where a package's model lies."""
    (container,) = package["InferenceSpecification"]["Containers"]
    return str(container["ModelDataUrl"])


def packages(machine: Machine, run: str) -> list[dict[str, Any]]:
    """What the registry holds of a run."""
    listed = machine.sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    found = [
        machine.sagemaker.describe_model_package(ModelPackageName=one["ModelPackageArn"]) for one in listed
    ]
    return [one for one in found if run in data(one)]


def test_a_killed_training_goes_on_where_it_was(redriven: Machine, full: bool) -> None:
    for state in STATES if full else ("Train",):
        run, execution = begun(redriven)
        eventually(lambda: is_in(redriven, state, run, execution), WAIT_SECONDS)  # noqa: B023
        redriven.states.stop_execution(executionArn=execution, error="Killed")
        killed = redriven.ended(execution)
        assert killed["status"] == "ABORTED", (state, killed.get("error"), killed.get("cause"))
        goes_on(redriven, run, execution, state)
        (found,) = packages(redriven, run)
        bucket, _, key = data(found).removeprefix("s3://").partition("/")
        redriven.cloud.client("s3").head_object(Bucket=bucket, Key=key)


def goes_on(machine: Machine, run: str, execution: str, state: str) -> None:
    """Redrive it: the step of that state is asked for again, no other is, and all come to their end."""
    machine.states.redrive_execution(executionArn=execution)
    told = machine.ended(execution)
    assert told["status"] == "SUCCEEDED", told
    asked = jobs(machine, run)
    assert [asked[step].count("Completed") for step in STEPS] == [1, 1, 1], (state, asked)
    assert [len(asked[step]) for step in STEPS] == [1 + (step == state) for step in STEPS], (state, asked)


def test_a_training_that_failed_by_itself_goes_on_at_the_state_that_failed(
    redriven: Machine, fails: Path, full: bool
) -> None:
    for state in STEPS if full else STEPS[1:2]:
        (fails / state.lower()).touch()
        run, execution = begun(redriven)
        told = redriven.ended(execution)
        assert (told["status"], redriven.entered(execution)[-1]) == ("FAILED", state), told
        goes_on(redriven, run, execution, state)


def test_the_same_run_is_never_started_twice(redriven: Machine) -> None:
    run, execution = begun(redriven)
    with pytest.raises(redriven.states.exceptions.ExecutionAlreadyExists):
        redriven.start({"another": "input"}, run)
    redriven.states.stop_execution(executionArn=execution)
