"""A function acts with its role, is invoked where permitted, and polls what its role may poll."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.iam.conftest import ACCOUNT, REGION, allow, policy, zipped

if TYPE_CHECKING:
    from tests.infra.local.iam.conftest import Guarded

WHO = """
import boto3
def handler(event, context):
    return {"who": boto3.client("sts").get_caller_identity()["Arn"]}
"""


def _function(guarded: Guarded, name: str, role: str, source: str = WHO) -> str:
    made = guarded.client("lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": zipped(source)},
        Timeout=20,
    )
    return str(made["FunctionArn"])


def test_a_role_that_does_not_trust_lambda_is_refused_for_a_function(guarded: Guarded) -> None:
    role = guarded.role("not-for-functions", "states.amazonaws.com")
    with pytest.raises(ClientError, match="cannot be assumed by Lambda"):
        _function(guarded, "never", role)


def test_a_function_whose_role_no_longer_trusts_lambda_has_no_credentials(guarded: Guarded) -> None:
    role = guarded.role("fickle", "lambda.amazonaws.com")
    _function(guarded, "fickle", role)
    trust = policy(
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    )
    guarded.client("iam").update_assume_role_policy(RoleName="fickle", PolicyDocument=trust)
    said = guarded.client("lambda").invoke(FunctionName="fickle")
    assert "FunctionError" in said


def test_a_queue_is_polled_only_by_a_function_whose_role_may(guarded: Guarded) -> None:
    url, arn = guarded.queue("polled")
    role = guarded.role(
        "poller", "lambda.amazonaws.com", allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], arn)
    )
    _function(guarded, "poller", role, "def handler(event, context):\n    return None\n")
    functions, sqs = guarded.client("lambda"), guarded.client("sqs")
    mapping = functions.create_event_source_mapping(FunctionName="poller", EventSourceArn=arn)["UUID"]
    sqs.send_message(QueueUrl=url, MessageBody="hello")

    def result() -> str:
        return str(functions.get_event_source_mapping(UUID=mapping).get("LastProcessingResult", ""))

    eventually(lambda: "is not allowed sqs:GetQueueAttributes" in result())
    whole = allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arn, Sid="Poll")
    guarded.client("iam").put_role_policy(RoleName="poller", PolicyName="own", PolicyDocument=policy(whole))
    eventually(lambda: result().startswith("OK"))
    assert {"own/Poll"} == {decision["alone"] for decision in guarded.decisions("poller")[-3:]}


def test_a_rule_invokes_a_function_only_with_a_permission(guarded: Guarded) -> None:
    url, arn = guarded.queue("invoked")
    role = guarded.role("invoked", "lambda.amazonaws.com", allow("sqs:SendMessage", arn))
    send = (
        "import boto3\ndef handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=event['id'])\n"
    )
    function = _function(guarded, "invoked", role, send)
    events = guarded.client("events")
    events.put_rule(Name="invoke", EventPattern=json.dumps({"source": ["invoke"]}))
    events.put_targets(Rule="invoke", Targets=[{"Id": "1", "Arn": function}])
    entry = {"Source": "invoke", "DetailType": "t", "Detail": "{}"}
    events.put_events(Entries=[entry])
    assert guarded.messages(url, 1) == []
    guarded.client("lambda").add_permission(
        FunctionName="invoked",
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:rule/invoke",
    )
    events.put_events(Entries=[entry])
    assert len(guarded.messages(url, 15)) == 1
    assert any(
        decision["action"] == "sqs:SendMessage" and decision["alone"] == "own/0"
        for decision in guarded.decisions("invoked")
    )


def test_an_api_invokes_a_function_only_with_a_permission_for_the_route(guarded: Guarded) -> None:
    role = guarded.role("answering", "lambda.amazonaws.com")
    function = _function(
        guarded, "answering", role, "def handler(e, c):\n    return {'statusCode': 200, 'body': 'hi'}\n"
    )
    api = guarded.client("apigatewayv2")
    made = api.create_api(Name="api", ProtocolType="HTTP")["ApiId"]
    integration = api.create_integration(
        ApiId=made, IntegrationType="AWS_PROXY", IntegrationUri=function, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    api.create_route(ApiId=made, RouteKey="GET /hi/{name}", Target=f"integrations/{integration}")
    api.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    url = f"{guarded.cloud.endpoint}/_aws/execute-api/{made}/$default/hi/you"
    with pytest.raises(urllib.error.HTTPError, match="500") as refused:
        urllib.request.urlopen(url, timeout=20)
    refused.value.close()
    guarded.client("lambda").add_permission(
        FunctionName="answering",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{made}/*/*/hi/{{name}}",
    )
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.read() == b"hi"


SPEAK = """
import boto3
def handler(event, context):
    entry = {"Source": event["source"], "DetailType": "t", "Detail": "{}"}
    boto3.client("events").put_events(Entries=[entry])
"""


def test_a_function_says_only_events_of_the_source_that_its_role_names(guarded: Guarded) -> None:
    ours = {"StringEquals": {"events:source": "tidegate"}}
    role = guarded.role("says", "lambda.amazonaws.com", allow("events:PutEvents", Condition=ours))
    _function(guarded, "says", role, SPEAK)
    invoke = guarded.client("lambda").invoke
    assert "FunctionError" not in invoke(FunctionName="says", Payload=b'{"source": "tidegate"}')
    refused = invoke(FunctionName="says", Payload=b'{"source": "somebody"}')
    assert b"AccessDenied" in refused["Payload"].read()


KEEP = """
import boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="sealed", Key="a", Body=b"x")
    s3.get_object(Bucket="sealed", Key="a")["Body"].read()
"""


def test_a_function_needs_the_key_of_an_encrypted_bucket_through_s3(guarded: Guarded) -> None:
    s3 = guarded.client("s3")
    key = guarded.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="sealed", CreateBucketConfiguration={"LocationConstraint": REGION})
    sealed = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket="sealed",
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": sealed}]},
    )
    objects = allow(["s3:PutObject", "s3:GetObject"], "arn:aws:s3:::sealed/*", Sid="Objects")
    role = guarded.role("keeps", "lambda.amazonaws.com", objects)
    _function(guarded, "keeps", role, KEEP)
    assert "FunctionError" in guarded.client("lambda").invoke(FunctionName="keeps")
    through = {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}}
    uses = allow(["kms:GenerateDataKey", "kms:Decrypt"], key, Sid="Key", Condition=through)
    guarded.client("iam").put_role_policy(
        RoleName="keeps", PolicyName="own", PolicyDocument=policy(objects, uses)
    )
    assert "FunctionError" not in guarded.client("lambda").invoke(FunctionName="keeps")
    needed = {decision["alone"] for decision in guarded.decisions("keeps")}
    assert {"own/Objects", "own/Key"} <= needed


def test_messages_of_an_encrypted_queue_need_its_key_through_sqs(guarded: Guarded) -> None:
    key = guarded.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = guarded.client("sqs").create_queue(QueueName="sealed", Attributes={"KmsMasterKeyId": key})
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:sealed"
    polls = allow("sqs:*", arn)
    role = guarded.role("unseals", "lambda.amazonaws.com", polls)
    _function(guarded, "unseals", role, "def handler(event, context):\n    return None\n")
    functions = guarded.client("lambda")
    mapping = functions.create_event_source_mapping(FunctionName="unseals", EventSourceArn=arn)["UUID"]
    guarded.client("sqs").send_message(QueueUrl=made["QueueUrl"], MessageBody="hello")

    def result() -> str:
        return str(functions.get_event_source_mapping(UUID=mapping).get("LastProcessingResult", ""))

    eventually(lambda: "is not allowed kms:Decrypt" in result())
    through = {"StringEquals": {"kms:ViaService": f"sqs.{REGION}.amazonaws.com"}}
    uses = allow("kms:Decrypt", key, Condition=through)
    guarded.client("iam").put_role_policy(
        RoleName="unseals", PolicyName="own", PolicyDocument=policy(polls, uses)
    )
    eventually(lambda: result().startswith("OK"))
