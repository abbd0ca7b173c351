"""A deployment configuration, read."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.sagemaker.faults import ApiError
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


def test_a_canary_without_a_size_and_a_rolling_policy_are_refused() -> None:
    with pytest.raises(ApiError, match="CanarySize is required"):
        Rollout(routing("CANARY"), 1)
    with pytest.raises(ApiError, match="RollingUpdatePolicy is not implemented"):
        Rollout({"RollingUpdatePolicy": {}}, 1)
