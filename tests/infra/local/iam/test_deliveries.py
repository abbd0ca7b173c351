"""EventBridge and its Scheduler reach only what a policy lets them reach."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.iam.conftest import ACCOUNT, REGION, allow, policy

if TYPE_CHECKING:
    from tests.infra.local.iam.conftest import Guarded

RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule"


def _say(guarded: Guarded, source: str) -> None:
    guarded.client("events").put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": "{}"}])


def _rule(guarded: Guarded, name: str, target: dict[str, object]) -> None:
    events = guarded.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    assert not events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])["FailedEntryCount"]


def _let_in(guarded: Guarded, url: str, arn: str, source: str) -> None:
    statement = allow("sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"})
    statement["Condition"] = {"ArnEquals": {"aws:SourceArn": source}}
    guarded.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})


def test_a_rule_delivers_nothing_to_a_queue_without_a_policy_for_it(guarded: Guarded) -> None:
    url, arn = guarded.queue("closed")
    _rule(guarded, "closed", {"Arn": arn})
    _say(guarded, "closed")
    assert guarded.messages(url, 0.5) == []
    _let_in(guarded, url, arn, f"{RULE}/another")
    _say(guarded, "closed")
    assert guarded.messages(url, 0.5) == []
    _let_in(guarded, url, arn, f"{RULE}/closed")
    _say(guarded, "closed")
    assert len(guarded.messages(url, 5)) == 1


def test_what_is_refused_goes_to_the_targets_dead_letters_with_the_reason(guarded: Guarded) -> None:
    _, arn = guarded.queue("shut")
    dead_url, dead_arn = guarded.queue("shut-dead")
    _let_in(guarded, dead_url, dead_arn, f"{RULE}/shut")
    _rule(guarded, "shut", {"Arn": arn, "DeadLetterConfig": {"Arn": dead_arn}})
    _say(guarded, "shut")
    (message,) = guarded.messages(dead_url, 5)
    assert json.loads(message["Body"])["source"] == "shut"
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_rule_starts_a_state_machine_only_with_a_role_that_may(guarded: Guarded) -> None:
    states = guarded.client("stepfunctions")
    own = guarded.role("machine-idle", "states.amazonaws.com")
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    machine = states.create_state_machine(name="idle", definition=definition, roleArn=own)["stateMachineArn"]
    role = guarded.role("starter", "events.amazonaws.com")
    _rule(guarded, "start", {"Arn": machine, "RoleArn": role})
    _say(guarded, "start")
    assert states.list_executions(stateMachineArn=machine)["executions"] == []
    starts = policy(allow("states:StartExecution", machine, Sid="Start"))
    guarded.client("iam").put_role_policy(RoleName="starter", PolicyName="own", PolicyDocument=starts)
    _say(guarded, "start")
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == 1
    last = guarded.decisions("starter")[-1]
    assert (last["action"], last["allowed"], last["alone"]) == ("states:StartExecution", True, "own/Start")


def test_a_schedule_acts_with_its_role(guarded: Guarded) -> None:
    url, arn = guarded.queue("clock")
    good = guarded.role("clock", "scheduler.amazonaws.com", allow("sqs:SendMessage", arn))
    bad = guarded.role("clock-idle", "scheduler.amazonaws.com")
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)).strftime("at(%Y-%m-%dT%H:%M:%S)")
    for name, role in (("good", good), ("bad", bad)):
        guarded.client("scheduler").create_schedule(
            Name=name,
            ScheduleExpression=soon,
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role, "Input": json.dumps({"by": name})},
        )
    said = guarded.messages(url, 15)
    assert [json.loads(message["Body"])["by"] for message in said] == ["good"]
    assert guarded.decisions("clock-idle")[-1]["allowed"] is False


def test_a_schedule_is_refused_a_role_that_does_not_trust_the_scheduler(guarded: Guarded) -> None:
    _, arn = guarded.queue("untrusted")
    role = guarded.role("untrusted", "lambda.amazonaws.com", allow("sqs:SendMessage", arn))
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        guarded.client("scheduler").create_schedule(
            Name="untrusted",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": arn, "RoleArn": role},
        )
