from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from infra.local.ministack import embedded_metrics
from tests.clouds import eventually
from tests.infra.local.ministack.test_function_errors import function

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

CODE = """
from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

metrics = Metrics(namespace="Tidegate", service="validate")

@metrics.log_metrics
def handler(event, context):
    metrics.add_metric(name="GoodRows", unit=MetricUnit.Count, value=event["rows"])
    if event["rows"] < 0:
        raise ValueError("negative")
"""


def total(cloud: LocalCloud, namespace: str, name: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    points = cloud.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


def test_what_a_function_writes_with_powertools_is_a_metric(cloud: LocalCloud) -> None:
    function(cloud, "measures", CODE)
    invoke = cloud.client("lambda").invoke
    for rows in (40, 2, -1):
        invoke(FunctionName="measures", Payload=json.dumps({"rows": rows}))
    eventually(lambda: total(cloud, "Tidegate", "GoodRows", service="validate") == 41)
    assert total(cloud, "AWS/Lambda", "Invocations", FunctionName="measures") == 3
    assert total(cloud, "AWS/Lambda", "Errors", FunctionName="measures") == 1


def test_what_a_job_writes_into_its_log_is_a_metric(cloud: LocalCloud) -> None:
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="/aws/sagemaker/TrainingJobs")
    logs.create_log_stream(logGroupName="/aws/sagemaker/TrainingJobs", logStreamName="one")
    now = int(time.time() * 1000)
    metric = {"Namespace": "Jobs", "Dimensions": [["model"]], "Metrics": [{"Name": "Auc", "Unit": "None"}]}
    line = json.dumps(
        {"_aws": {"Timestamp": now, "CloudWatchMetrics": [metric]}, "model": "m", "Auc": [0.5, 0.25]}
    )
    logs.put_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs",
        logStreamName="one",
        logEvents=[{"timestamp": now, "message": line}],
    )
    assert total(cloud, "Jobs", "Auc", model="m") == 0.75


def test_other_lines_hold_no_metric() -> None:
    for line in ("", "plain", '{"level": "INFO"}', '{"_aws": 1}', '{"_aws": {"CloudWatchMetrics"'):
        assert list(embedded_metrics.read(line)) == []
