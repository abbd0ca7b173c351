"""A deployment configuration, read."""

from __future__ import annotations

import time
from typing import Any

import pytest

from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.rolling import Rolling
from infra.local.sagemaker.rollout import RolledBackError, Rollout


def routing(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 10, **more},
            "TerminationWaitInSeconds": 100,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }


def percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


@pytest.mark.parametrize(
    ("deployment", "shares"),
    [
        ({}, [1.0]),
        (routing("ALL_AT_ONCE"), [1.0]),
        (routing("CANARY", CanarySize=percent(20)), [0.2, 1.0]),
        (routing("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), [0.25, 1.0]),
        (routing("LINEAR", LinearStepSize=percent(40)), [0.4, 0.8, 1.0]),
    ],
)
def test_traffic_moves_in_the_steps_that_the_configuration_names(
    deployment: dict[str, Any], shares: list[float]
) -> None:
    assert list(Rollout(deployment, 1).shares(4)) == shares


def test_every_wait_passes_at_the_time_scale() -> None:
    assert Rollout(routing("ALL_AT_ONCE"), 0.01).termination_wait == 1.0


def test_an_alarm_ends_the_roll_out_by_its_name() -> None:
    moved: list[float] = []
    rollout = Rollout(routing("CANARY", CanarySize=percent(20)), 0)
    with pytest.raises(RolledBackError, match=r"\[errors\]"):
        rollout.run(4, moved.append, lambda names: names)
    assert moved == [0.2]


def test_a_roll_out_that_takes_longer_than_it_may_is_sent_back() -> None:
    deployment = routing("ALL_AT_ONCE")
    deployment["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 600
    rollout = Rollout(deployment, 0.0001)
    time.sleep(0.07)
    with pytest.raises(RolledBackError, match="longer than MaximumExecutionTimeoutInSeconds"):
        rollout.run(4, lambda _: None, lambda _: [])


@pytest.mark.parametrize(
    ("deployment", "said"),
    [
        (routing("CANARY"), "CanarySize is required"),
        (routing("CANARY", CanarySize=percent(60)), "CanarySize must be 1 to 50 percent"),
        (routing("LINEAR", LinearStepSize=percent(5)), "LinearStepSize must be 10 to 50 percent"),
    ],
)
def test_a_step_that_is_missing_or_too_large_or_too_small_is_refused(
    deployment: dict[str, Any], said: str
) -> None:
    with pytest.raises(ApiError, match=said):
        Rollout(deployment, 1)


def rolling(size: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0, **more}}


@pytest.mark.parametrize(
    ("size", "count", "first"),
    [
        (percent(50), 4, 2),
        (percent(5), 4, 1),
        (percent(50), 1, 1),
        ({"Type": "INSTANCE_COUNT", "Value": 2}, 4, 2),
    ],
)
def test_a_batch_is_a_share_or_a_number_of_the_instances(
    size: dict[str, Any], count: int, first: int
) -> None:
    assert Rolling(rolling(size), count, 1).first == first


@pytest.mark.parametrize(
    "policy",
    [
        rolling(percent(51)),
        rolling(percent(4)),
        rolling({"Type": "INSTANCE_COUNT", "Value": 3}),
        rolling(percent(50), RollbackMaximumBatchSize={"Type": "INSTANCE_COUNT", "Value": 5}),
    ],
)
def test_a_batch_of_more_than_half_of_the_instances_is_refused(policy: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match=r"BatchSize must be 5 to (50|100) percent of the variant's 4"):
        Rolling(policy, 4, 1)
