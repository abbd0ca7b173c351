from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.infra.local.deploy_template import eventually

if TYPE_CHECKING:
    from tests.conftest import Cloud


def alarm(cloud: Cloud, name: str, **more: Any) -> None:
    cloud.client("cloudwatch").put_metric_alarm(
        **{
            "AlarmName": name,
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            **more,
        }
    )


def state(cloud: Cloud, name: str) -> str:
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    value: str = found["StateValue"]
    return value


def test_an_alarm_on_a_queue_of_dead_letters_fires_for_that_queue_alone(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("dead", "alive")}
    for name in urls:
        alarm(
            cloud,
            name,
            Namespace="AWS/SQS",
            MetricName="ApproximateNumberOfMessagesVisible",
            Dimensions=[{"Name": "QueueName", "Value": name}],
        )
    eventually(lambda: state(cloud, "alive") == "OK")
    sqs.send_message(QueueUrl=urls["dead"], MessageBody="lost")
    eventually(lambda: state(cloud, "dead") == "ALARM")
    assert state(cloud, "alive") == "OK"


def test_missing_data_counts_as_the_alarm_says(cloud: Cloud) -> None:
    for treat in ("missing", "breaching", "notBreaching"):
        alarm(cloud, treat, Namespace="Nobody", MetricName="Writes", TreatMissingData=treat)
    eventually(lambda: state(cloud, "breaching") == "ALARM" and state(cloud, "notBreaching") == "OK")
    assert state(cloud, "missing") == "INSUFFICIENT_DATA"
