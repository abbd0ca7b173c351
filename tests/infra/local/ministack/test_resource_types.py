from __future__ import annotations

from typing import TYPE_CHECKING

from tests.infra.local.deploy_template import deploy, reasons

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

BUS = "arn:aws:events:eu-west-1:000000000000:event-bus/default"


def test_an_archive_a_composite_alarm_and_a_named_query_can_stand_in_a_stack(cloud: LocalCloud) -> None:
    archive = {
        "Type": "AWS::Events::Archive",
        "Properties": {
            "ArchiveName": "facts",
            "SourceArn": BUS,
            "EventPattern": {"source": ["tidegate"]},
            "RetentionDays": 7,
        },
    }
    child = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": "child",
            "Namespace": "N",
            "MetricName": "M",
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Period": 60,
            "Statistic": "Sum",
            "Threshold": 0,
        },
    }
    both = {
        "Type": "AWS::CloudWatch::CompositeAlarm",
        "Properties": {"AlarmName": "anything", "AlarmRule": 'ALARM("child")'},
        "DependsOn": "Child",
    }
    query = {
        "Type": "AWS::Athena::NamedQuery",
        "Properties": {"Name": "late", "Database": "tidegate_laptop", "QueryString": "SELECT 1"},
    }
    resources = {"Archive": archive, "Child": child, "Both": both, "Query": query}
    stack = deploy("types", resources, {"Arn": {"Fn::GetAtt": ["Archive", "Arn"]}})
    assert stack["StackStatus"] == "CREATE_COMPLETE", reasons("types")
    assert stack["Outputs"][0]["OutputValue"].endswith(":archive/facts")
    assert cloud.client("events").describe_archive(ArchiveName="facts")["RetentionDays"] == 7
    cloudwatch = cloud.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNames=["anything"], AlarmTypes=["CompositeAlarm"])
    assert alarms["CompositeAlarms"][0]["AlarmRule"] == 'ALARM("child")'
    athena = cloud.client("athena")
    queries = athena.batch_get_named_query(NamedQueryIds=athena.list_named_queries()["NamedQueryIds"])
    assert "late" in [q["Name"] for q in queries["NamedQueries"]]
