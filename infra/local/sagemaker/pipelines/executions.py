"""The operations on executions, and those that answer a Callback step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import ApiError, invalid, not_found, not_implemented
from infra.local.sagemaker.pipelines import parameters, telling
from infra.local.sagemaker.pipelines.definition import parse
from infra.local.sagemaker.pipelines.run import Run
from infra.local.sagemaker.pipelines.steps import random_name
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.pipelines.catalogue import Catalogue

NOUN = "pipeline-execution"


class Executions:
    """StartPipelineExecution and its companions."""

    def __init__(self, parts: Parts, catalogue: Catalogue) -> None:
        self.parts = parts
        self._catalogue = catalogue
        self._runs: dict[str, Run] = {}

    def start(self, request: Record) -> Record:
        """StartPipelineExecution; the same token again is answered with the first's execution."""
        for member in ("SelectiveExecutionConfig", "MlflowExperimentName"):
            if member in request:
                raise not_implemented(member)
        pipeline = self._catalogue.get(request["PipelineName"])
        version = self._catalogue.version(pipeline, request.get("PipelineVersionId"))
        definition = parse(version["_definition"])
        given = parameters.given(definition.parameters, request.get("PipelineParameters", []))
        with self.parts.store.lock:
            for earlier in self._of(pipeline):
                if earlier["_token"] == request["ClientRequestToken"]:
                    return {"PipelineExecutionArn": earlier["PipelineExecutionArn"]}
            execution = _record(request, pipeline, version, given)
            self.parts.store.put(NOUN, execution["PipelineExecutionArn"], execution)
            version["LastExecutionPipelineExecutionArn"] = execution["PipelineExecutionArn"]
            pipeline["LastRunTime"] = execution["CreationTime"]
            telling.say_execution(self.parts, execution, "")
            self._run(execution).start()
        return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}

    def get(self, arn: str) -> Record:
        """The execution of that ARN."""
        found = self.parts.store.find(NOUN, arn)
        if found is None:
            raise not_found(f"Pipeline execution '{arn}' does not exist.")
        return found

    def describe(self, request: Record) -> Record:
        """DescribePipelineExecution."""
        return self.get(request["PipelineExecutionArn"])

    def update(self, request: Record) -> Record:
        """UpdatePipelineExecution: its names, and how many of its steps run at once."""
        execution = self.get(request["PipelineExecutionArn"])
        self.parts.store.change(execution, **request)
        self._run(execution).wake()
        return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}

    def definition(self, request: Record) -> Record:
        """DescribePipelineDefinitionForExecution."""
        execution = self.get(request["PipelineExecutionArn"])
        return {"PipelineDefinition": execution["_definition"], "CreationTime": execution["CreationTime"]}

    def stop(self, request: Record) -> Record:
        """StopPipelineExecution: its jobs are stopped, and no other step starts."""
        execution = self.get(request["PipelineExecutionArn"])
        with self.parts.store.lock:
            before = execution["PipelineExecutionStatus"]
            if before not in ("Executing", "Stopping"):
                raise invalid(f"Pipeline execution with status {before} cannot be stopped.")
            if before == "Executing":
                self.parts.store.change(execution, PipelineExecutionStatus="Stopping")
                telling.say_execution(self.parts, execution, before)
                for step in execution["_steps"].values():
                    if step["StepStatus"] == "Executing":
                        step["StepStatus"] = "Stopping"
                        telling.say_step(self.parts, execution, step, "Executing")
            self._run(execution).wake()
        return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}

    def retry(self, request: Record) -> Record:
        """RetryPipelineExecution: what failed or was stopped goes on from where it ended."""
        execution = self.get(request["PipelineExecutionArn"])
        with self.parts.store.lock:
            status = execution["PipelineExecutionStatus"]
            if execution.get("_retry") == request["ClientRequestToken"]:
                return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}
            if status not in ("Failed", "Stopped"):
                raise invalid(f"Pipeline execution with status {status} cannot be retried.")
            execution["_retry"] = request["ClientRequestToken"]
            if "ParallelismConfiguration" in request:
                execution["ParallelismConfiguration"] = request["ParallelismConfiguration"]
            self._run(execution).retry()
        return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}

    def list_page(self, request: Record) -> Record:
        """ListPipelineExecutions."""
        every = self._of(self._catalogue.get(request["PipelineName"]))
        named = {"CreatedAfter": "CreationTimeAfter", "CreatedBefore": "CreationTimeBefore"}
        asked = {named.get(member, member): value for member, value in request.items()}
        if request.get("SortBy") == "PipelineExecutionArn":
            asked["SortBy"] = "Name"
        return page(asked, every, "PipelineExecutionSummaries", _summary, "PipelineExecutionArn")

    def list_steps(self, request: Record) -> Record:
        """ListPipelineExecutionSteps: what was reached."""
        execution = self.get(request["PipelineExecutionArn"])

        def shown(step: Record) -> Record:
            return {member: value for member, value in step.items() if not member.startswith("_")}

        with self.parts.store.lock:
            steps = [{**step, "CreationTime": step["StartTime"]} for step in execution["_steps"].values()]
        answer = page(request, steps, "PipelineExecutionSteps", shown, "StepName")
        for step in answer["PipelineExecutionSteps"]:
            del step["CreationTime"]
        return answer

    def list_parameters(self, request: Record) -> Record:
        """ListPipelineParametersForExecution."""
        given = self.get(request["PipelineExecutionArn"])["_parameters"]
        every = [{"Name": name, "Value": value, "CreationTime": 0.0} for name, value in given.items()]
        asked = {**request, "SortOrder": "Ascending"}
        return page(
            asked,
            every,
            "PipelineParameters",
            lambda one: {"Name": one["Name"], "Value": one["Value"]},
            "Name",
        )

    def succeed(self, request: Record) -> Record:
        """SendPipelineExecutionStepSuccess."""
        return self._tell(request["CallbackToken"], {"success": request.get("OutputParameters", [])})

    def fail(self, request: Record) -> Record:
        """SendPipelineExecutionStepFailure."""
        reason = request.get("FailureReason") or "Callback step failed"
        return self._tell(request["CallbackToken"], {"failure": reason})

    def resume(self) -> None:
        """After a restart: go on with what ran."""
        for execution in self.parts.store.every(NOUN):
            if execution["PipelineExecutionStatus"] in ("Executing", "Stopping"):
                self._run(execution).resume()

    def close(self) -> None:
        """End every thread, without a change to what is remembered."""
        for run in self._runs.values():
            run.close()
        self._runs.clear()

    def _tell(self, token: str, told: Record) -> Record:
        for execution in self.parts.store.every(NOUN):
            for step in execution["_steps"].values():
                if step.get("_token") == token:
                    if "_told" in step or step["StepStatus"] not in ("Executing", "Stopping"):
                        raise invalid(f"Step with token {token} was answered before.")
                    self._run(execution).note(step, _told=told)
                    return {"PipelineExecutionArn": execution["PipelineExecutionArn"]}
        raise ApiError("ResourceNotFound", f"No callback step waits for the token {token}.")

    def _of(self, pipeline: Record) -> list[Record]:
        arn = pipeline["PipelineArn"]
        return [execution for execution in self.parts.store.every(NOUN) if execution["PipelineArn"] == arn]

    def _run(self, execution: Record) -> Run:
        arn = execution["PipelineExecutionArn"]
        if arn not in self._runs:
            self._runs[arn] = Run(self.parts, execution)
        return self._runs[arn]


def _record(request: Record, pipeline: Record, version: Record, given: dict[str, str]) -> Record:
    now = time.time()
    execution_id = random_name(12).lower()
    kept = ("PipelineExecutionDisplayName", "PipelineExecutionDescription")
    record = {
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{execution_id}",
        "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
        **{member: request[member] for member in kept if member in request},
        "PipelineExecutionStatus": "Executing",
        "PipelineVersionId": version["PipelineVersionId"],
        "CreationTime": now,
        "LastModifiedTime": now,
        "CreatedBy": {},
        "LastModifiedBy": {},
        "_pipeline": pipeline["PipelineName"],
        "_definition": version["_definition"],
        "_role": pipeline["RoleArn"],
        "_parameters": given,
        "_token": request["ClientRequestToken"],
        "_steps": {},
    }
    limit = request.get("ParallelismConfiguration") or pipeline.get("ParallelismConfiguration")
    return {**record, "ParallelismConfiguration": limit} if limit else record


def _summary(execution: Record) -> Record:
    kept = (
        "PipelineExecutionArn",
        "PipelineExecutionStatus",
        "PipelineExecutionDescription",
        "PipelineExecutionDisplayName",
    )
    shown = {member: execution[member] for member in kept if member in execution}
    shown["StartTime"] = execution["CreationTime"]
    if "FailureReason" in execution:
        shown["PipelineExecutionFailureReason"] = execution["FailureReason"]
    return shown
