"""One step from its start to its end: its arguments, the cache, the attempts, what became of it."""

from __future__ import annotations

import json
import logging
import time
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.pipelines import caching, retrying
from infra.local.sagemaker.pipelines.hands import StepFailedError
from infra.local.sagemaker.pipelines.jobs import JOBS, job_name, run_job
from infra.local.sagemaker.pipelines.references import UnknownReferenceError, resolve
from infra.local.sagemaker.pipelines.steps import ACTS, StoppedError, Work
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from infra.local.sagemaker.pipelines.definition import Step
    from infra.local.sagemaker.pipelines.run import Run
    from infra.local.sagemaker.store import Record

_log = logging.getLogger(__name__)
LONGEST_REASON = 1024


def perform(run: Run, step: Step, record: Record) -> None:
    """Do a step, and leave in its record what became of it."""
    try:
        outputs = _attempts(run, step, record)
    except StoppedError:
        run.note(record, StepStatus="Stopped", EndTime=time.time())
    except StepFailedError as failure:
        run.note(
            record, StepStatus="Failed", EndTime=time.time(), FailureReason=failure.reason[:LONGEST_REASON]
        )
    except Exception as error:  # noqa: BLE001 - a step of ours that breaks must fail its execution, not hang it
        _log.exception("step %s of %s", step.name, run.record["PipelineExecutionArn"])
        reason = f"InternalServerError: {error}"[:LONGEST_REASON]
        run.note(record, StepStatus="Failed", EndTime=time.time(), FailureReason=reason)
    else:
        run.note(record, StepStatus="Succeeded", EndTime=time.time(), _outputs=outputs)


def _attempts(run: Run, step: Step, record: Record) -> Record:
    retries = 0
    while True:
        try:
            return _attempt(run, step, record)
        except StepFailedError as failure:
            policy = retrying.policy(step, failure.kind)
            elapsed = time.time() - record["StartTime"]
            pause = policy.pause(retries, elapsed) if policy else None
            if pause is None or run.stopping():
                raise
        retries += 1
        run.note(record, AttemptCount=retries + 1, StepStatus="Starting")
        run.sleep(pause * run.parts.config.time_scale)
        if run.stopping():
            raise StoppedError


def _attempt(run: Run, step: Step, record: Record) -> Record:
    name = job_name(run.id, step.name, step.type)
    scope = run.scope(
        {"TrainingJobName": name, "ProcessingJobName": name},
        lambda other, file: _property_file(run, other, file),
        lambda uri: _json(run, uri),
    )
    arguments = {}
    if step.type != "Condition":
        try:
            arguments = resolve(step.said["Arguments"], scope)
        except UnknownReferenceError as error:
            raise StepFailedError(f"ClientError: {error}") from error
        record["_signature"] = caching.signature(step, arguments)
    work = Work(step, arguments, record, scope, run.hands, run, name, run.record["PipelineExecutionArn"])
    if record.get("_signature") and (found := _cached(run, step, record)):
        return found
    try:
        return run_job(work) if step.type in JOBS else ACTS[step.type](work)
    except UnknownReferenceError as error:
        raise StepFailedError(f"ClientError: {error}") from error


def _cached(run: Run, step: Step, record: Record) -> Record | None:
    executions = run.parts.store.every("pipeline-execution")
    found = caching.earlier(executions, run.record["_pipeline"], step, record["_signature"])
    if found is None:
        return None
    arn, done = found
    run.note(
        record,
        StepStatus="Executing",
        CacheHitResult={"SourcePipelineExecutionArn": arn},
        Metadata=done.get("Metadata", {}),
    )
    outputs: Record = done["_outputs"]
    return outputs


def _property_file(run: Run, step: str, name: str) -> Any:
    file = run.definition.property_file(step, name)
    outputs = run.record["_steps"][step]["_outputs"]["ProcessingOutputConfig"]["Outputs"]
    uri = next(one["S3Output"]["S3Uri"] for one in outputs if one["OutputName"] == file["OutputName"])
    return _json(run, f"{uri.rstrip('/')}/{file['FilePath']}")


def _json(run: Run, uri: str) -> Any:
    bucket, key = split_uri(uri)
    said = run.hands.call("s3", "GetObject", Bucket=bucket, Key=key)
    try:
        return json.loads(said["Body"].read())
    except ValueError as error:
        raise StepFailedError(f"ClientError: {uri} holds no JSON") from error
