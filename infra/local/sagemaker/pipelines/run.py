"""One execution: which step may start, which ended, and what becomes of the whole."""

from __future__ import annotations

import datetime
import threading
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.pipelines import parameters, telling
from infra.local.sagemaker.pipelines.attempt import perform
from infra.local.sagemaker.pipelines.definition import Definition, Step, parse
from infra.local.sagemaker.pipelines.hands import Hands
from infra.local.sagemaker.pipelines.references import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

MOST_AT_ONCE = 50
RUNS = ("Starting", "Executing", "Stopping")
FAILED = "Step failure: One or multiple steps failed."
INTERRUPTED = (
    "InternalServerError: the local cloud was stopped while this step ran. RetryPipelineExecution goes on"
)


class Run:
    """Drives an execution's record to its end, in threads of its own."""

    def __init__(self, parts: Parts, record: Record) -> None:
        self.parts = parts
        self.record = record
        self.definition: Definition = parse(record["_definition"])
        self.hands = Hands(parts.cloud, record["_role"])
        self.id = record["PipelineExecutionArn"].rpartition("/")[2]
        self._changed = threading.Condition(parts.store.lock)
        self._closed = False

    def start(self) -> None:
        """Go on in a thread."""
        threading.Thread(target=self._drive, name=f"pipeline-{self.id}", daemon=True).start()

    def close(self) -> None:
        """End without another word: the cloud stops, or forgot this execution."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wake(self) -> None:
        """Something was told to this execution."""
        with self._changed:
            self._changed.notify_all()

    # what steps are told

    def note(self, record: Record, **members: object) -> None:
        """Change a step's record, and say so where its status changed."""
        with self._changed:
            before = record["StepStatus"]
            record.update(members)
            if not self._closed:
                self.parts.store.change(self.record)
                if record["StepStatus"] != before:
                    telling.say_step(self.parts, self.record, record, before)
            self._changed.notify_all()

    def stopping(self) -> bool:
        """Whether this execution is to stop."""
        return self._closed or self.record["PipelineExecutionStatus"] == "Stopping"

    def pause(self, seconds: float) -> None:
        """Wait; something that happens to the execution ends it sooner."""
        with self._changed:
            self._changed.wait(seconds)

    def sleep(self, seconds: float) -> None:
        """Wait that long, unless the execution is to stop."""
        end = time.monotonic() + seconds
        while not self.stopping() and (left := end - time.monotonic()) > 0:
            self.pause(left)

    def scope(
        self, more: Record, read_file: Callable[[str, str], Any], read_uri: Callable[[str], Any]
    ) -> Scope:
        """What references of a step can see now."""
        record = self.record
        now = datetime.datetime.now(datetime.UTC)
        variables = {
            "StartDateTime": telling.iso(record["CreationTime"]),
            "CurrentDateTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "PipelineName": record["_pipeline"],
            "PipelineArn": record["PipelineArn"],
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": record["PipelineExecutionArn"],
            **more,
        }
        steps = record["_steps"].items()
        outputs = {name: step["_outputs"] for name, step in steps if step["StepStatus"] == "Succeeded"}
        given = parameters.typed(self.definition.parameters, record["_parameters"])
        return Scope(given, variables, outputs, read_file, read_uri)

    # the order of things

    def _drive(self) -> None:
        with self._changed:
            while not self._closed:
                running = [step for step in self.record["_steps"].values() if step["StepStatus"] in RUNS]
                ended = self._ended()
                started = False
                if not ended:
                    started = self._start_ready(len(running))
                if not running and not started:
                    self._finish(ended or "Succeeded")
                    return
                self._changed.wait()

    def _ended(self) -> str:
        """What the execution will be once the steps that run have ended; empty while others may start."""
        if self.record["PipelineExecutionStatus"] == "Stopping":
            return "Stopped"
        statuses = {step["StepStatus"] for step in self.record["_steps"].values()}
        return "Failed" if statuses & {"Failed", "Stopped"} else ""

    def _start_ready(self, running: int) -> bool:
        at_once = self.record.get("ParallelismConfiguration", {}).get(
            "MaxParallelExecutionSteps", MOST_AT_ONCE
        )
        started = False
        for step in self.definition.steps.values():
            if running < at_once and step.name not in self.record["_steps"] and self._ready(step):
                self._begin(step)
                running, started = running + 1, True
        return started

    def _ready(self, step: Step) -> bool:
        """Whether all that a step waits for is done, and it stands in the branch that was taken."""
        done = self.record["_steps"]
        if any(done.get(name, {}).get("StepStatus") != "Succeeded" for name in step.after):
            return False
        return not step.condition or (done[step.condition]["_outputs"]["Outcome"] == "true") == step.branch

    def _begin(self, step: Step) -> None:
        record = {
            "StepName": step.name,
            "StepDisplayName": step.said.get("DisplayName", step.name),
            **({"StepDescription": step.said["Description"]} if "Description" in step.said else {}),
            "StartTime": time.time(),
            "StepStatus": "Starting",
            "AttemptCount": 1,
            "Metadata": {},
            "_type": step.type,
        }
        self.record["_steps"][step.name] = record
        telling.say_step(self.parts, self.record, record, "")
        self._work(step, record)

    def _work(self, step: Step, record: Record) -> None:
        name = f"pipeline-{self.id}-{step.name}"
        threading.Thread(target=perform, args=(self, step, record), name=name, daemon=True).start()

    def _finish(self, status: str) -> None:
        before = self.record["PipelineExecutionStatus"]
        if status == "Failed":
            self.record["FailureReason"] = FAILED
        self.parts.store.change(self.record, PipelineExecutionStatus=status)
        telling.say_execution(self.parts, self.record, before)

    # after a restart, and after a retry

    def resume(self) -> None:
        """Go on after a restart: what ran has failed, but for a Callback step, which still waits."""
        with self._changed:
            for step in self.record["_steps"].values():
                if step["StepStatus"] not in RUNS:
                    continue
                if step["_type"] == "Callback" and "_token" in step:
                    self._work(self.definition.steps[step["StepName"]], step)
                else:
                    step.update(StepStatus="Failed", EndTime=time.time(), FailureReason=INTERRUPTED)
        self.start()

    def retry(self) -> None:
        """Go on after a failure or a stop: steps that succeeded stay, the others start anew."""
        with self._changed:
            steps = self.record["_steps"]
            for name in [name for name, step in steps.items() if step["StepStatus"] != "Succeeded"]:
                del steps[name]
            self.record.pop("FailureReason", None)
            before = self.record["PipelineExecutionStatus"]
            self.parts.store.change(self.record, PipelineExecutionStatus="Executing")
            telling.say_execution(self.parts, self.record, before)
        self.start()
