"""A roll-out behind our front has the course that its model declares, counted in looks."""

from __future__ import annotations

from dataclasses import asdict, replace

import boto3
import pytest
from botocore.validate import ParamValidator

from tests.tidegate.models.plans import MODEL
from tests.tidegate.models.test_rollout import SITE, VERSION
from tidegate.models.rollout import version_of
from tidegate.models.shares import STRAIGHT, Step, course, prepare_shift, step_at
from tidegate.models.ways import AllAtOnce, Canary, Linear, Rollout, Serverless, Shadow

SERVERLESS = replace(MODEL, serving=Serverless(memory_mb=3072, concurrency=5), rollout=Canary(percent=10))


@pytest.mark.parametrize(
    ("rollout", "steps"),
    [
        (AllAtOnce(seconds=60), [(100, 0, 4)]),
        (Canary(percent=10, seconds=120), [(10, 0, 8), (100, 0, 4)]),
        (Linear(percent=40, seconds=50), [(40, 0, 4), (80, 0, 4), (100, 0, 4)]),
        (Linear(percent=50, seconds=0), [(50, 0, 1), (100, 0, 4)]),
        (Shadow(percent=30, seconds=45), [(0, 30, 3), (100, 0, 4)]),
    ],
)
def test_what_is_declared_is_what_happens(rollout: Rollout, steps: list[tuple[int, int, int]]) -> None:
    assert [(one.share, one.copies, one.looks) for one in course(rollout)] == steps


def test_the_step_of_a_look_is_found_by_its_number() -> None:
    told = [asdict(step) for step in course(Canary(percent=10, seconds=30))]
    shares = [step.share if (step := step_at(told, looked)[0]) else None for looked in range(8)]
    assert shares == [10, 10, 100, 100, 100, 100, None, None]
    assert [step_at(told, looked)[1] for looked in (0, 1, 5, 6)] == [False, True, True, True]
    assert step_at([asdict(step) for step in STRAIGHT], 0) == (Step(share=100), True)


def test_a_version_has_an_endpoint_of_its_own_of_what_the_model_may_use() -> None:
    prepared = prepare_shift(SERVERLESS, VERSION, SITE, course(SERVERLESS.rollout))
    assert prepared["endpoint"] == "tidegate-laptop-flight-delay"  # of the model: alarms are named after it
    assert prepared["own_endpoint"] == prepared["model_name"] == "tidegate-laptop-flight-delay-v3"
    request = prepared["create_endpoint_config"]
    assert version_of(request["EndpointConfigName"]) == 3
    (variant,) = request["ProductionVariants"]
    assert variant["ServerlessConfig"] == {"MemorySizeInMB": 3072, "MaxConcurrency": 5}
    assert "InstanceType" not in variant
    service = boto3.client("sagemaker", region_name="eu-west-1").meta.service_model
    shape = service.operation_model("CreateEndpointConfig").input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
