from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from infra.local.ministack.function_turns import AT_ONCE, PATIENCE_SECONDS
from tests.infra.local.ministack.test_function_errors import function

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

SLEEPS = """
import os, time

def handler(event, context):
    time.sleep(0.2)
    return os.getpid()
"""
CALLS_ITSELF = """
import json, os, boto3

def handler(event, context):
    if not event["more"]:
        return [os.getpid()]
    body = json.dumps({"more": event["more"] - 1})
    answer = boto3.client("lambda").invoke(FunctionName=context.function_name, Payload=body)
    return [os.getpid(), *json.loads(answer["Payload"].read())]
"""


def called(cloud: LocalCloud, name: str, event: dict[str, int]) -> Any:
    client = cloud.session.client(
        "lambda", config=Config(max_pool_connections=50, retries={"total_max_attempts": 1})
    )
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event))
    assert "FunctionError" not in answer, answer["Payload"].read()
    return json.loads(answer["Payload"].read())


def test_many_calls_at_once_are_answered_by_a_few_processes(cloud: LocalCloud) -> None:
    function(cloud, "sleeps", SLEEPS)
    with ThreadPoolExecutor(4 * AT_ONCE) as pool:
        answers = list(pool.map(lambda _: called(cloud, "sleeps", {}), range(4 * AT_ONCE)))
    assert 1 < len(set(answers)) <= AT_ONCE


def test_calls_that_wait_for_each_other_get_the_processes_that_they_need(cloud: LocalCloud) -> None:
    function(cloud, "calls-itself", CALLS_ITSELF)
    statement = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam = cloud.client("iam")
    iam.put_role_policy(RoleName="calls-itself-role", PolicyName="calls", PolicyDocument=document)
    timeout = int(2 * PATIENCE_SECONDS) + 30
    cloud.client("lambda").update_function_configuration(FunctionName="calls-itself", Timeout=timeout)
    answers = called(cloud, "calls-itself", {"more": AT_ONCE})
    assert len(set(answers)) == AT_ONCE + 1
