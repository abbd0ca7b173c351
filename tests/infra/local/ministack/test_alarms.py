from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.clouds import eventually
from tests.infra.local.deploy_template import deploy, reasons
from tests.infra.local.ministack.test_function_errors import role

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud


def alarm(cloud: LocalCloud, name: str, **more: Any) -> None:
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


def state(cloud: LocalCloud, name: str) -> str:
    (found,) = cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    value: str = found["StateValue"]
    return value


def test_an_alarm_on_a_queue_of_dead_letters_fires_for_that_queue_alone(cloud: LocalCloud) -> None:
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


def test_missing_data_counts_as_the_alarm_says(cloud: LocalCloud) -> None:
    for treat in ("missing", "breaching", "notBreaching"):
        alarm(cloud, treat, Namespace="Nobody", MetricName="Writes", TreatMissingData=treat)
    eventually(lambda: state(cloud, "breaching") == "ALARM" and state(cloud, "notBreaching") == "OK")
    assert state(cloud, "missing") == "INSUFFICIENT_DATA"


def metric(key: str, *, returned: bool) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "Share", "MetricName": key}, "Period": 300, "Stat": "Sum"}
    return {"Id": key, "MetricStat": stat, "ReturnData": returned}


def test_alarms_of_a_template_look_at_one_metric_or_at_an_expression(cloud: LocalCloud) -> None:
    common = {
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 20,
        "TreatMissingData": "notBreaching",
    }
    share = {"Id": "share", "Expression": "100 * bad / (good + bad)", "ReturnData": True}
    over = [share, metric("good", returned=False), metric("bad", returned=False)]
    resources = {
        "One": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"AlarmName": "one", "Metrics": [metric("good", returned=True)], **common},
        },
        "Share": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {"AlarmName": "share", "Metrics": over, **common},
        },
    }
    assert deploy("watch", resources)["StackStatus"] == "CREATE_COMPLETE", reasons("watch")
    eventually(lambda: state(cloud, "share") == "OK")
    data = [{"MetricName": "good", "Value": 10.0}, {"MetricName": "bad", "Value": 10.0}]
    cloud.client("cloudwatch").put_metric_data(Namespace="Share", MetricData=data)
    eventually(lambda: state(cloud, "share") == "ALARM")
    assert state(cloud, "one") == "OK"


def test_a_failed_execution_is_counted(cloud: LocalCloud) -> None:
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(
        name="counted",
        definition='{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "No"}}}',
        roleArn=role(cloud, "counted-role", "states.amazonaws.com", ["lambda:InvokeFunction"]),
    )["stateMachineArn"]
    alarm(
        cloud,
        "counted",
        Namespace="AWS/States",
        MetricName="ExecutionsFailed",
        Statistic="Sum",
        Dimensions=[{"Name": "StateMachineArn", "Value": machine}],
    )
    states.start_execution(stateMachineArn=machine)
    eventually(lambda: state(cloud, "counted") == "ALARM")


def test_an_alarm_counts_the_values_beyond_a_bound(cloud: LocalCloud) -> None:
    more: dict[str, Any] = {"Namespace": "Slow", "MetricName": "Latency", "Statistic": None, "Threshold": 2}
    told = {name: value for name, value in more.items() if value is not None}
    for name, statistic in (("beyond", "TC(500:)"), ("within", "TC(:500)"), ("unheard", "IQM")):
        put = {"AlarmName": name, "ExtendedStatistic": statistic, "Period": 60, "EvaluationPeriods": 1}
        rest = {"ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
        cloud.client("cloudwatch").put_metric_alarm(**told, **put, **rest)
    data = [{"MetricName": "Latency", "Values": [500.0, 501.0], "Counts": [2.0, 3.0]}]
    cloud.client("cloudwatch").put_metric_data(Namespace="Slow", MetricData=data)
    eventually(lambda: state(cloud, "beyond") == "ALARM")
    assert state(cloud, "within") == "OK"
    assert state(cloud, "unheard") != "ALARM"  # what is not reckoned here is never judged
