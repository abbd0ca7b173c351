from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.deploy_template import deploy, reasons
from tests.infra.local.ministack.test_function_errors import function, role

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud


def queue(cloud: LocalCloud, name: str) -> tuple[str, str]:
    sqs = cloud.client("sqs")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn: str = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    services = {"Service": ["events.amazonaws.com", "scheduler.amazonaws.com"]}
    may = {"Effect": "Allow", "Principal": services, "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [may]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def message(cloud: LocalCloud, url: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found = cloud.client("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
        return found.get("Messages", [None])[0]  # type: ignore[no-any-return]

    return eventually(look)


def say(cloud: LocalCloud, source: str) -> None:
    entry = {"Source": source, "DetailType": "Said", "Detail": '{"n": 1}'}
    cloud.client("events").put_events(Entries=[entry])


def test_an_event_for_a_target_that_is_gone_goes_to_the_dead_letters(cloud: LocalCloud) -> None:
    url, arn = queue(cloud, "delivery-dead")
    events = cloud.client("events")
    events.put_rule(Name="gone", EventPattern=json.dumps({"source": ["delivery.gone"]}))
    gone = "arn:aws:sqs:eu-west-1:000000000000:gone"
    events.put_targets(Rule="gone", Targets=[{"Id": "1", "Arn": gone, "DeadLetterConfig": {"Arn": arn}}])
    say(cloud, "delivery.gone")
    lost = message(cloud, url)
    assert json.loads(lost["Body"])["detail"] == {"n": 1}
    assert lost["MessageAttributes"]["TARGET_ARN"]["StringValue"] == gone


def test_a_function_that_fails_is_tried_again_and_then_its_event_is_kept(cloud: LocalCloud) -> None:
    url, arn = queue(cloud, "delivery-failed")
    name = function(cloud, "delivery-fails", "def handler(event, context):\n    raise ValueError('no')\n")
    iam = cloud.client("iam")
    may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn}
    iam.put_role_policy(
        RoleName="delivery-fails-role",
        PolicyName="fail",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
    )
    cloud.client("lambda").put_function_event_invoke_config(
        FunctionName="delivery-fails",
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    cloud.client("lambda").add_permission(
        FunctionName="delivery-fails",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    cloud.client("events").put_rule(Name="fails", EventPattern=json.dumps({"source": ["delivery.fails"]}))
    cloud.client("events").put_targets(Rule="fails", Targets=[{"Id": "1", "Arn": name}])
    say(cloud, "delivery.fails")
    kept = json.loads(message(cloud, url)["Body"])
    assert kept["requestPayload"]["detail"] == {"n": 1}
    assert kept["responsePayload"]["errorType"] == "ValueError"


def test_a_kind_of_target_that_is_not_delivered_to_is_refused(cloud: LocalCloud) -> None:
    cloud.client("events").put_rule(Name="batch", EventPattern=json.dumps({"source": ["delivery.batch"]}))
    with pytest.raises(ClientError, match="batch is not a supported service"):
        cloud.client("events").put_targets(
            Rule="batch",
            Targets=[{"Id": "1", "Arn": "arn:aws:batch:eu-west-1:000000000000:job-queue/q"}],
        )


def test_a_schedule_says_when_it_was_due(cloud: LocalCloud) -> None:
    url, arn = queue(cloud, "delivery-due")
    due = (datetime.now(UTC) + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    cloud.client("scheduler").create_schedule(
        Name="due",
        ScheduleExpression=f"at({due})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn,
            "RoleArn": role(cloud, "due-role", "scheduler.amazonaws.com", ["sqs:SendMessage"]),
            "Input": '{"due": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}',
        },
    )
    said = json.loads(message(cloud, url)["Body"])
    assert said["due"] == due + "Z"
    assert said["by"].endswith("schedule/default/due")


def test_a_schedule_that_would_call_an_api_by_itself_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="does not call"):
        cloud.client("scheduler").create_schedule(
            Name="universal",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                "RoleArn": role(cloud, "universal-role", "scheduler.amazonaws.com", ["sqs:SendMessage"]),
            },
        )


def test_a_map_state_that_would_be_run_in_part_fails(cloud: LocalCloud) -> None:
    inner = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    each = {"Type": "Map", "ItemBatcher": {"MaxItemsPerBatch": 2}, "ItemProcessor": inner, "End": True}
    states = cloud.client("stepfunctions")
    machine = states.create_state_machine(
        name="batches",
        definition=json.dumps({"StartAt": "Each", "States": {"Each": each}}),
        roleArn=role(cloud, "batches-role", "states.amazonaws.com", ["lambda:InvokeFunction"]),
    )
    run = states.start_execution(stateMachineArn=machine["stateMachineArn"], input="[1, 2]")["executionArn"]
    eventually(lambda: states.describe_execution(executionArn=run)["status"] == "FAILED")
    assert "ItemBatcher" in states.describe_execution(executionArn=run)["cause"]


def test_a_stack_with_a_target_that_is_not_delivered_to_fails_by_its_name(cloud: LocalCloud) -> None:
    target = {"Id": "1", "Arn": "arn:aws:firehose:eu-west-1:000000000000:deliverystream/d"}
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {"EventPattern": {"source": ["delivery.stack"]}, "Targets": [target]},
    }
    assert deploy("undelivered", {"Rule": rule})["StackStatus"].startswith("ROLLBACK")
    assert "does not deliver to arn:aws:firehose" in reasons("undelivered")
