from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError

from infra.local import cloud as local
from infra.local.cloud import LocalCloud
from tests.clouds import free_port
from tests.infra.local.deploy_template import zipped
from tidegate.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    local.stop(tmp_path)


def fill(cloud: LocalCloud) -> None:
    cloud.client("s3").create_bucket(
        Bucket="kept-bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    cloud.client("s3").put_object(Bucket="kept-bucket", Key="a b/+.csv", Body=b"kept")
    cloud.client("dynamodb").create_table(
        TableName="kept",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    cloud.client("dynamodb").put_item(TableName="kept", Item={"id": {"S": "1"}})
    cloud.client("events").put_rule(Name="kept", EventPattern=json.dumps({"source": ["tidegate"]}))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = cloud.client("iam").create_role(
        RoleName="kept",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )
    cloud.client("lambda").create_function(
        FunctionName="kept",
        Runtime="python3.13",
        Handler="main.handler",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": zipped("main.py", "def handler(event, context):\n    return event['n'] + 1\n")},
    )


def holds_what_was_filled(cloud: LocalCloud) -> None:
    body = cloud.client("s3").get_object(Bucket="kept-bucket", Key="a b/+.csv")["Body"].read()
    assert body == b"kept"
    assert cloud.client("dynamodb").get_item(TableName="kept", Key={"id": {"S": "1"}})["Item"] == {
        "id": {"S": "1"}
    }
    assert cloud.client("events").describe_rule(Name="kept")["State"] == "ENABLED"
    answer = cloud.client("lambda").invoke(FunctionName="kept", Payload=b'{"n": 1}')
    assert answer["Payload"].read() == b"2"


def test_starting_twice_gives_the_cloud_that_runs(state: Path) -> None:
    first = local.start(state, free_port())
    assert local.start(state, free_port()) == first
    assert local.find(state) == first


def test_it_answers_within_a_second_and_a_half_of_processor_time(state: Path) -> None:
    before = time.monotonic()
    local.start(state, free_port())
    assert time.monotonic() - before < 6  # 0.8 s alone; shared machines are slower


def test_everything_is_kept_across_a_restart(state: Path) -> None:
    fill(local.start(state, free_port()))
    assert local.stop(state)
    assert local.find(state) is None
    holds_what_was_filled(local.start(state, free_port()))


def test_what_is_a_few_seconds_old_survives_kill_9(state: Path) -> None:
    cloud = local.start(state, free_port())
    fill(cloud)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and not (state / "services" / "lambda.json").exists():
        time.sleep(0.2)
    time.sleep(1)
    os.kill(cloud.pid, signal.SIGKILL)
    holds_what_was_filled(local.start(state, free_port()))


def test_a_taken_port_is_refused_by_name(state: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Mistake, match=f"127.0.0.1:{port} cannot be served"):
            local.start(state, port)


def test_only_this_machine_can_reach_it(state: Path) -> None:
    cloud = local.start(state, free_port())
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    sockets = {
        str(link.readlink()).removeprefix("socket:[").rstrip("]")
        for link in Path(f"/proc/{cloud.pid}/fd").iterdir()
        if link.is_symlink() and str(link.readlink()).startswith("socket:[")
    }
    lines = [line.split() for line in listening.splitlines()]
    addresses = {line[1].split(":")[0] for line in lines if line[3] == "0A" and line[9] in sockets}
    assert addresses == {"0100007F"}


def test_a_user_may_do_nothing_unasked_and_a_wrong_secret_is_refused(state: Path) -> None:
    cloud = local.start(state, free_port())
    cloud.client("iam").create_user(UserName="stranger")
    key = cloud.client("iam").create_access_key(UserName="stranger")["AccessKey"]

    def list_buckets(secret: str) -> None:
        boto3.client(
            "s3",
            endpoint_url=cloud.endpoint,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=secret,
            region_name="eu-west-1",
        ).list_buckets()

    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        list_buckets("guess")
    with pytest.raises(ClientError, match="AccessDenied"):
        list_buckets(key["SecretAccessKey"])


def test_a_cloud_that_is_already_there_is_used() -> None:
    assert local.attach({"AWS_ENDPOINT_URL": "http://127.0.0.1:9/"}) == LocalCloud("http://127.0.0.1:9")
    assert local.attach({}) is None


def test_it_stops_in_order_while_a_custom_resource_never_answers(state: Path) -> None:
    cloud = local.start(state, free_port())
    fill(cloud)
    silent = zipped("main.py", "def handler(event, context):\n    pass\n")
    cloud.client("lambda").update_function_code(FunctionName="kept", ZipFile=silent)
    token = "arn:aws:lambda:eu-west-1:000000000000:function:kept"
    waits = {"Type": "Custom::Waits", "Properties": {"ServiceToken": token}}
    cloud.client("cloudformation").create_stack(
        StackName="waits", TemplateBody=json.dumps({"Resources": {"Waits": waits}})
    )
    time.sleep(1)
    before = time.monotonic()
    assert local.stop(state)
    assert time.monotonic() - before < 15
    assert local.start(state, free_port()).client("s3").list_buckets()["Buckets"]
