"""Transform and tuning jobs as the other kinds: in state machines, over a restart, and after a kill."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.clouds import eventually
from tests.infra.local.sagemaker.test_plug import processes_of, run_machine, task
from tests.infra.local.sagemaker.test_transform import made, request
from tests.infra.local.sagemaker.tuning.test_jobs import X, tuning

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


def test_a_state_machine_tunes_and_transforms(sage: Sage) -> None:
    made(sage, "by-machine", {"COUNTS": "1"})
    sage.put("machine/a.csv", "1,2\n")
    states = {
        "Tune": task(
            "sagemaker:createHyperParameterTuningJob.sync",
            tuning(sage, "by-machine", "Random", X, {}),
            "Transform",
            "{% $states.result.BestTrainingJob %}",
        ),
        "Transform": task(
            "sagemaker:createTransformJob.sync",
            request("by-machine", "by-machine", "machine"),
            "",
            "{% {'best': $states.input.TrainingJobName, 'status': $states.result.TransformJobStatus} %}",
        ),
    }
    said = run_machine(sage, "kinds", states, {})
    assert said["status"] == "SUCCEEDED", said
    told = json.loads(said["output"])
    assert told["status"] == "Completed"
    assert told["best"].startswith("by-machine-0")


def test_a_failed_transform_fails_the_task_with_its_description(sage: Sage) -> None:
    made(sage, "breaks", {}, answer="broken")
    sage.put("breaks/a.csv", "1")
    asked = request("breaks", "breaks", "breaks")
    said = run_machine(sage, "breaks", {"T": task("sagemaker:createTransformJob.sync", asked, "")}, {})
    assert said["error"] == "States.TaskFailed"
    assert "did not pass the ping health check" in json.loads(said["cause"])["FailureReason"]


def started(sage: Sage, **environment: str) -> None:
    """A transform and a tuning, both under way for a long time."""
    sagemaker = sage.client("sagemaker")
    made(sage, "sleeps", {"SLEEP": "60", **environment})
    sage.put("slow/a.csv", "1")
    sagemaker.create_transform_job(**request("cut", "sleeps", "slow"))
    asked = tuning(sage, "cut", "Random", X, {"sleep": "60"})
    asked["TrainingJobDefinition"]["Environment"] |= environment
    sagemaker.create_hyper_parameter_tuning_job(**asked)
    eventually(lambda: "TransformStartTime" in sagemaker.describe_transform_job(TransformJobName="cut"))
    eventually(lambda: counted(sage)["InProgress"] == 2)


def counted(sage: Sage) -> dict[str, Any]:
    said = sage.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="cut")
    counters: dict[str, Any] = said["TrainingJobStatusCounters"]
    return counters


def test_after_a_restart_they_are_there_and_those_that_ran_have_failed(own_sage: Sage) -> None:
    started(own_sage)
    own_sage.stop()
    own_sage.start()
    sagemaker = own_sage.client("sagemaker")
    transform = sagemaker.describe_transform_job(TransformJobName="cut")
    tuned = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="cut")
    assert transform["TransformJobStatus"] == tuned["HyperParameterTuningJobStatus"] == "Failed"
    assert "was stopped while this job ran" in transform["FailureReason"]
    assert "was stopped while this job ran" in tuned["FailureReason"]
    assert counted(own_sage)["NonRetryableError"] == 2


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_a_killed_server_leaves_none_of_their_processes_behind(own_sage: Sage) -> None:
    started(own_sage, TINY_MARK=own_sage.state.name)
    eventually(lambda: len(processes_of(own_sage.state)) >= 7)  # the server, three wardens, three containers
    own_sage.stop(signal.SIGKILL)
    eventually(lambda: not processes_of(own_sage.state))
