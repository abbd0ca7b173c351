"""Asynchronous endpoints: a queue, answers and failures in S3, notifications, and nothing lost on the way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET
from tests.infra.local.sagemaker.updating import blue_green

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.infra.local.sagemaker.conftest import Sage


def served(sage: Sage, name: str, count: int = 1, most: int = 4, **output: Any) -> str:
    """An asynchronous endpoint that answers its name."""
    return sage.serve(name, configured(sage, name, count, most, **output))


def configured(sage: Sage, name: str, count: int = 1, most: int = 4, **output: Any) -> str:
    config = {
        "ClientConfig": {"MaxConcurrentInvocationsPerInstance": most},
        "OutputConfig": {
            "S3OutputPath": f"s3://{BUCKET}/answers",
            "S3FailurePath": f"s3://{BUCKET}/failures",
            **output,
        },
    }
    variant = sage.variant(sage.bare_model(name, name), count=count)
    return sage.config(name, [variant], AsyncInferenceConfig=config)


def invoke(sage: Sage, name: str, body: str = "x", **more: Any) -> dict[str, Any]:
    given = {"InputLocation": sage.put(f"asked/{name}.txt", body), **more}
    said: dict[str, Any] = sage.client("sagemaker-runtime").invoke_endpoint_async(EndpointName=name, **given)
    return said


def text(sage: Sage, place: str) -> str | None:
    """The object there, once it is."""
    s3 = sage.client("s3")
    bucket, _, key = place.removeprefix("s3://").partition("/")
    try:
        read: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return read.decode()


def topic(sage: Sage, name: str) -> tuple[str, Callable[[], dict[str, Any]]]:
    """A topic that the model's role may publish to, and what reads its next message."""
    sns, sqs, iam = sage.client("sns"), sage.client("sqs"), sage.client("iam")
    arn = sns.create_topic(Name=name)["TopicArn"]
    allowed = {"Effect": "Allow", "Action": "sns:Publish", "Resource": arn}
    iam.put_role_policy(
        RoleName="model", PolicyName=name, PolicyDocument=json.dumps({"Statement": [allowed]})
    )
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": queue}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [statement]})})
    sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})

    def read() -> dict[str, Any]:
        message = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))[0]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        said: dict[str, Any] = json.loads(message["Body"])
        return said

    return arn, read


def test_an_answer_lies_in_s3_and_its_topic_hears_of_it(sage: Sage) -> None:
    arn, heard = topic(sage, "as-good")
    name = served(sage, "as-good", NotificationConfig={"SuccessTopic": arn, "ErrorTopic": arn})
    said = invoke(sage, name, ContentType="text/csv", InferenceId="i7")
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert said["InferenceId"] == "i7"
    assert said["OutputLocation"] == f"s3://{BUCKET}/answers/i7.out"
    assert eventually(lambda: text(sage, said["OutputLocation"])) == "as-good"
    told = heard()
    assert told["invocationStatus"] == "Completed"
    assert told["inferenceId"] == "i7"
    assert told["requestParameters"] == {
        "endpointName": name,
        "inputLocation": f"s3://{BUCKET}/asked/{name}.txt",
        "contentType": "text/csv",
    }
    assert told["responseParameters"] == {
        "contentType": "text/plain",
        "outputLocation": said["OutputLocation"],
    }
    shown = sage.client("sagemaker").describe_endpoint(EndpointName=name)
    assert shown["AsyncInferenceConfig"]["ClientConfig"]["MaxConcurrentInvocationsPerInstance"] == 4


def test_a_failure_lies_in_its_own_place_and_the_error_topic_hears_why(sage: Sage) -> None:
    arn, heard = topic(sage, "as-bad")
    name = served(sage, "as-bad", NotificationConfig={"ErrorTopic": arn})
    said = invoke(sage, name, "client", InferenceId="i8")
    assert eventually(lambda: text(sage, said["FailureLocation"])) == "no such column"
    assert text(sage, said["OutputLocation"]) is None
    told = heard()
    assert (told["invocationStatus"], told["inferenceId"]) == ("Failed", "i8")
    assert 'Received client error (422) from primary with message "no such column"' in told["failureReason"]
    missing = invoke(sage, name, InputLocation=f"s3://{BUCKET}/nowhere", InferenceId="i9")
    assert "s3://art/nowhere cannot be read" in str(
        eventually(lambda: text(sage, missing["FailureLocation"]))
    )


def test_a_body_may_come_with_the_request_and_name_its_file(sage: Sage) -> None:
    name = served(sage, "as-inline")
    runtime = sage.client("sagemaker-runtime")
    said = runtime.invoke_endpoint_async(
        EndpointName=name, Body=b"headers", ContentType="text/csv", S3OutputPathExtension="d", Filename="f"
    )
    assert said["OutputLocation"] == f"s3://{BUCKET}/answers/d/f"
    passed = json.loads(eventually(lambda: text(sage, said["OutputLocation"])))
    assert passed["content-type"] == "text/csv"
    with pytest.raises(ClientError, match="exactly one of InputLocation and Body"):
        runtime.invoke_endpoint_async(EndpointName=name)


def test_only_so_many_are_answered_at_once_and_none_is_lost(sage: Sage) -> None:
    name = served(sage, "as-many", most=2)
    said = [invoke(sage, name, "sleep0.2", InferenceId=f"m{n}") for n in range(12)]
    for each in said:
        assert eventually(lambda each=each: text(sage, each["OutputLocation"]))


def test_nothing_waits_for_ever_without_an_instance(sage: Sage) -> None:
    name = served(sage, "as-none")
    sagemaker = sage.client("sagemaker")
    none = [{"VariantName": "all", "DesiredInstanceCount": 0}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=none)
    (shown,) = sage.endpoint_settled(name)["ProductionVariants"]
    assert shown["CurrentInstanceCount"] == 0
    late = invoke(sage, name, RequestTTLSeconds=60)  # 0.6 s at the tests' time scale
    said = invoke(sage, name)
    assert "waited longer than 60 seconds" in str(eventually(lambda: text(sage, late["FailureLocation"])))
    assert text(sage, said["OutputLocation"]) is None
    one = [{"VariantName": "all", "DesiredInstanceCount": 1}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=one)
    assert eventually(lambda: text(sage, said["OutputLocation"])) == "as-none"


def test_a_model_that_takes_too_long_fails(sage: Sage) -> None:
    said = invoke(sage, served(sage, "as-slow"), "sleep3", InvocationTimeoutSeconds=1)
    assert "did not respond within 1 seconds" in str(eventually(lambda: text(sage, said["FailureLocation"])))


def test_no_invocation_is_lost_while_one_version_takes_over_from_another(sage: Sage) -> None:
    name = served(sage, "as-old", count=2)
    config = configured(sage, "as-new", count=2)
    before = [invoke(sage, name, InferenceId=f"u{n}") for n in range(10)]
    sage.client("sagemaker").update_endpoint(
        EndpointName=name, EndpointConfigName=config, DeploymentConfig=blue_green()
    )
    meanwhile = [invoke(sage, name, InferenceId=f"v{n}") for n in range(20)]
    assert sage.endpoint_settled(name)["EndpointConfigName"] == "as-new"
    said = [eventually(lambda each=each: text(sage, each["OutputLocation"])) for each in before + meanwhile]
    assert set(said) <= {"as-old", "as-new"}
    last = invoke(sage, name, InferenceId="last")
    assert eventually(lambda: text(sage, last["OutputLocation"])) == "as-new"


def test_each_kind_of_endpoint_takes_its_own_calls_alone(sage: Sage) -> None:
    name = served(sage, "as-kind")
    with pytest.raises(ClientError, match="as-kind is asynchronous"):
        sage.ask(name)
    plain = sage.serve("as-plain", sage.model("as-plain", "plain"))
    with pytest.raises(ClientError, match="as-plain is not asynchronous"):
        invoke(sage, plain)
    with pytest.raises(ClientError, match="not found"):
        invoke(sage, "as-nobody")
    with pytest.raises(ClientError, match="between a real-time and an asynchronous endpoint") as refused:
        sage.client("sagemaker").update_endpoint(EndpointName=plain, EndpointConfigName="as-kind")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_what_waits_and_what_is_under_way_outlives_a_restart(own_sage: Sage) -> None:
    name = served(own_sage, "as-kept", most=1)
    said = [invoke(own_sage, name, "sleep3", InferenceId=f"k{n}") for n in range(2)]
    own_sage.stop()
    own_sage.start()
    for each in said:
        assert eventually(lambda each=each: text(own_sage, each["OutputLocation"]))
