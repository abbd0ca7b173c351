"""Endpoints that are updated while callers never rest."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.infra.local.sagemaker.conftest import Sage


def blue_green(kind: str = "CANARY", alarms: list[str] | None = None) -> dict[str, Any]:
    """A deployment configuration whose waits are a second at the tests' time scale."""
    size = {"Type": "CAPACITY_PERCENT", "Value": 30}
    routing = {"Type": kind, "WaitIntervalInSeconds": 100}
    routing |= {"CANARY": {"CanarySize": size}, "LINEAR": {"LinearStepSize": size}}.get(kind, {})
    policy = {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 10}
    return {"BlueGreenUpdatePolicy": policy, **watched(alarms)}


def rolling(batch: int, alarms: list[str] | None = None, **more: Any) -> dict[str, Any]:
    """A rolling update in batches of so many instances."""
    size = {"Type": "INSTANCE_COUNT", "Value": batch}
    policy = {"MaximumBatchSize": size, "WaitIntervalInSeconds": 50, **more}
    return {"RollingUpdatePolicy": policy, **watched(alarms)}


def watched(alarms: list[str] | None) -> dict[str, Any]:
    """The alarms that roll back."""
    named = [{"AlarmName": name} for name in alarms or []]
    return {"AutoRollbackConfiguration": {"Alarms": named}} if named else {}


def alarm(sage: Sage, name: str, state: str) -> str:
    """An alarm in that state."""
    cloudwatch = sage.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace="Ours",
        MetricName="Wrong",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")
    return name


@contextmanager
def load(sage: Sage, endpoint: str) -> Iterator[Counter[str]]:
    """Two callers that never rest; what they were answered, errors included."""
    said: Counter[str] = Counter()
    done = threading.Event()

    def call() -> None:
        runtime = sage.client("sagemaker-runtime")
        while not done.is_set():
            try:
                said[runtime.invoke_endpoint(EndpointName=endpoint, Body=b"x")["Body"].read().decode()] += 1
            except ClientError as error:
                said[f"error {error}"] += 1

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    try:
        yield said
    finally:
        done.set()
        for caller in callers:
            caller.join()


def failed(said: Counter[str]) -> list[str]:
    """The errors among the answers."""
    return [answer for answer in said if answer.startswith("error")]


def update(
    sage: Sage, endpoint: str, config: str, deployment: dict[str, Any] | None = None, **more: Any
) -> tuple[dict[str, Any], Counter[str]]:
    """Update an endpoint under load; how it settled, and what the callers heard."""
    how = {"DeploymentConfig": deployment, **more} if deployment else more
    with load(sage, endpoint) as said:
        sage.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=config, **how)
        settled = sage.endpoint_settled(endpoint)
    return settled, said
