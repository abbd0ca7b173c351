"""Answers that come piece by piece, read by boto3 as an event stream."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError, EventStreamError

from tests.clouds import eventually

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


@pytest.fixture(scope="module")
def streaming(sage: Sage) -> str:
    return sage.serve("stream", sage.model("stream", "whole"))


def test_each_piece_arrives_when_the_container_sends_it(sage: Sage, streaming: str) -> None:
    said = sage.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=streaming, Body=b"stream"
    )
    assert said["ContentType"] == "text/event-stream"
    assert said["InvokedProductionVariant"] == "all"
    heard = [(time.monotonic(), event["PayloadPart"]["Bytes"]) for event in said["Body"]]
    assert [piece for _, piece in heard] == [b"one ", b"two ", b"three"]
    assert heard[2][0] - heard[1][0] > 0.3, "the second piece waited for the third"


def test_a_whole_answer_is_a_stream_of_one_piece(sage: Sage, streaming: str) -> None:
    said = sage.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=streaming, Body=b"x"
    )
    assert b"".join(event["PayloadPart"]["Bytes"] for event in said["Body"]) == b"whole"


def test_an_error_before_the_first_piece_is_the_models_error(sage: Sage, streaming: str) -> None:
    with pytest.raises(ClientError) as refused:
        sage.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
            EndpointName=streaming, Body=b"client"
        )
    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert refused.value.response["OriginalStatusCode"] == 422


def test_a_container_that_dies_in_mid_stream_is_a_model_stream_error(sage: Sage, streaming: str) -> None:
    said = sage.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=streaming, Body=b"stream-break"
    )
    heard = []
    with pytest.raises(EventStreamError) as broken:
        heard.extend(event["PayloadPart"]["Bytes"] for event in said["Body"])
    assert broken.value.response["Error"]["Code"] == "ModelStreamError"
    assert "broke off" in broken.value.response["Error"]["Message"]

    def answers() -> bool:
        try:
            return bool(sage.ask(streaming)["Body"] == b"whole")
        except ClientError:
            return False

    eventually(answers)


def test_who_may_invoke_an_endpoint_may_stream_from_it_and_nobody_else(sage: Sage, streaming: str) -> None:
    iam = sage.client("iam")
    for user, action in (("streamer", "InvokeEndpoint"), ("queuer", "InvokeEndpointAsync")):
        iam.create_user(UserName=user)
        allowed = {"Effect": "Allow", "Action": f"sagemaker:{action}", "Resource": f"*:endpoint/{streaming}"}
        iam.put_user_policy(
            UserName=user, PolicyName="p", PolicyDocument=json.dumps({"Statement": [allowed]})
        )
    codes = []
    for user in ("streamer", "queuer"):
        key = iam.create_access_key(UserName=user)["AccessKey"]
        runtime = sage.client("sagemaker-runtime", key["AccessKeyId"], key["SecretAccessKey"])
        for call, more in (
            (runtime.invoke_endpoint_with_response_stream, {"Body": b"client"}),
            (runtime.invoke_endpoint_async, {"InputLocation": "s3://art/x"}),
        ):
            with pytest.raises(ClientError) as refused:
                call(EndpointName=streaming, **more)
            codes.append(refused.value.response["Error"]["Code"])
    assert codes == ["ModelError", "AccessDeniedException", "AccessDeniedException", "ValidationError"]
