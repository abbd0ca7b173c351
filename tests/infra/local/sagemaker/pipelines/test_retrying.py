"""Which failures of a step are tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.local.sagemaker.pipelines import caching, retrying
from infra.local.sagemaker.pipelines.definition import Step
from tests.clouds import eventually

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage
    from tests.infra.local.sagemaker.pipelines.drive import Flow

POLICY = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 10, "BackoffRate": 3}


def step(*policies: dict[str, Any]) -> Step:
    return Step("Train", "Training", {"RetryPolicies": list(policies)}, frozenset())


def test_a_policy_says_how_often_and_after_how_long() -> None:
    found = retrying.policy(step({**POLICY, "MaxAttempts": 2}), "SageMaker.CAPACITY_ERROR")
    assert found
    assert [found.pause(retries, 0) for retries in range(3)] == [10, 30, None]
    timed = retrying.policy(step({**POLICY, "ExpireAfterMin": 1}), "SageMaker.CAPACITY_ERROR")
    assert timed
    assert (timed.pause(7, 59), timed.pause(0, 60)) == (10 * 3**7, None)


def test_other_failures_end_a_step_but_for_faults_of_services() -> None:
    assert retrying.policy(step(POLICY), "SageMaker.JOB_INTERNAL_ERROR") is None
    assert retrying.policy(step(POLICY), "") is None
    assert retrying.policy(step(), "Step.THROTTLING")


def test_a_jobs_reason_says_its_kind() -> None:
    assert retrying.kind_of_job("InternalServerError: x", "Training") == "SageMaker.JOB_INTERNAL_ERROR"
    assert retrying.kind_of_job("InternalServerError: x", "Tuning") == ""
    assert retrying.kind_of_job("AlgorithmError: x", "Training") == ""


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("30d", 2_592_000), ("P30D", 2_592_000), ("T16m", 960), ("PT1H", 3_600), ("30dT5h", 2_610_000)],
)
def test_durations_are_read_in_both_spellings(said: str, seconds: int) -> None:
    assert caching.seconds(said) == seconds


def test_a_throttled_call_is_tried_again(sage: Sage, flow: Flow) -> None:
    arn = flow.function("busy", "return {}")
    functions = sage.client("lambda")
    functions.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    patient = {
        "ExceptionType": ["Step.THROTTLING"],
        "IntervalSeconds": 50,
        "BackoffRate": 1,
        "MaxAttempts": 60,
    }
    flow.define(
        {"Name": "Call", "Type": "Lambda", "FunctionArn": arn, "Arguments": {}, "RetryPolicies": [patient]}
    )
    execution = flow.start()
    eventually(lambda: flow.steps(execution).get("Call", {}).get("AttemptCount", 0) > 1)
    functions.delete_function_concurrency(FunctionName=arn)
    assert flow.ended(execution)["PipelineExecutionStatus"] == "Succeeded"
