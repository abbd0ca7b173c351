"""Endpoints and the runtime: served by processes, rolled out under load, rolled back when they must be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.updating import alarm, blue_green, failed, update

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


@pytest.fixture(scope="module")
def served(sage: Sage) -> str:
    """An endpoint that answers `one`."""
    sage.client("sagemaker").create_endpoint(
        EndpointName="tiny", EndpointConfigName=sage.model("m-one", "one")
    )
    assert sage.endpoint_settled("tiny")["EndpointStatus"] == "InService"
    return "tiny"


def test_a_call_reaches_the_container_with_its_headers_and_comes_back_with_the_variant(
    sage: Sage, served: str
) -> None:
    said = sage.ask(
        served,
        b"headers",
        ContentType="text/csv",
        Accept="text/plain",
        CustomAttributes="a=1",
        InferenceId="i7",
    )
    passed = json.loads(said["Body"])
    assert said["InvokedProductionVariant"] == "all"
    assert said["CustomAttributes"] == "a=1"
    assert said["ContentType"] == "text/plain"
    assert passed["content-type"] == "text/csv"
    assert passed["accept"] == "text/plain"
    assert passed["x-amzn-sagemaker-inference-id"] == "i7"


@pytest.mark.parametrize(
    ("body", "status", "message"), [(b"client", 422, "no such column"), (b"server", 500, "broken")]
)
def test_an_error_of_the_model_keeps_its_status_and_message(
    sage: Sage, served: str, body: bytes, status: int, message: str
) -> None:
    with pytest.raises(ClientError) as refused:
        sage.ask(served, body)
    said = refused.value.response
    assert said["Error"]["Code"] == "ModelError"
    assert said["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert said["OriginalStatusCode"] == status
    assert said["OriginalMessage"] == message


def test_an_unknown_endpoint_and_a_body_of_seven_megabytes_are_validation_errors(
    sage: Sage, served: str
) -> None:
    for endpoint, body in (("nobody", b"x"), (served, b"x" * (7 << 20))):
        with pytest.raises(ClientError) as refused:
            sage.ask(endpoint, body)
        assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_calls_and_errors_become_metrics_of_the_variant(sage: Sage, served: str) -> None:
    cloudwatch = sage.client("cloudwatch")
    with pytest.raises(ClientError):
        sage.ask(served, b"server")
    cloudwatch.put_metric_alarm(
        AlarmName="tiny-5xx",
        Namespace="AWS/SageMaker",
        MetricName="Invocation5XXErrors",
        Dimensions=[{"Name": "EndpointName", "Value": served}, {"Name": "VariantName", "Value": "all"}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )

    def ringing() -> bool:
        alarm = cloudwatch.describe_alarms(AlarmNames=["tiny-5xx"])["MetricAlarms"][0]
        return bool(alarm["StateValue"] == "ALARM")

    eventually(ringing)


def test_a_canary_takes_over_under_load_without_one_failed_call(sage: Sage, served: str) -> None:
    settled, said = update(sage, served, sage.model("m-two", "two", count=2), blue_green())
    assert settled["EndpointConfigName"] == "m-two"
    assert "FailureReason" not in settled
    assert set(said) == {"one", "two"}
    assert sage.ask(served)["Body"] == b"two"


def test_a_canary_of_more_than_half_is_refused(sage: Sage, served: str) -> None:
    deployment = blue_green()
    deployment["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]["CanarySize"]["Value"] = 60
    with pytest.raises(ClientError, match="50"):
        sage.client("sagemaker").update_endpoint(
            EndpointName=served, EndpointConfigName=sage.model("m-most", "most"), DeploymentConfig=deployment
        )


def test_an_alarm_during_the_canary_rolls_back(sage: Sage, served: str) -> None:
    alarm(sage, "probe", "ALARM")
    before = sage.endpoint_settled(served)["EndpointConfigName"]
    settled, said = update(sage, served, sage.model("m-three", "three"), blue_green("LINEAR", ["probe"]))
    assert settled["EndpointStatus"] == "InService"
    assert settled["EndpointConfigName"] == before
    assert "alarm(s) have been triggered: [probe]" in settled["FailureReason"]
    assert not failed(said)


def test_a_model_that_does_not_start_leaves_the_old_one_in_service(sage: Sage, served: str) -> None:
    before = sage.endpoint_settled(served)["EndpointConfigName"]
    settled, said = update(sage, served, sage.model("m-broken", "broken"), blue_green())
    assert settled["EndpointStatus"] == "InService"
    assert settled["EndpointConfigName"] == before
    assert "did not pass the ping health check" in settled["FailureReason"]
    assert "this model cannot be loaded" in settled["FailureReason"]
    assert not failed(said)


def test_an_endpoint_whose_model_does_not_start_fails_and_can_be_deleted(sage: Sage) -> None:
    sagemaker = sage.client("sagemaker")
    heard = sage.listen("endpoints", "SageMaker Endpoint State Change", "EndpointName", "never")
    sagemaker.create_endpoint(EndpointName="never", EndpointConfigName=sage.model("m-never", "broken"))
    assert sage.endpoint_settled("never")["EndpointStatus"] == "Failed"
    assert [heard()["detail"]["EndpointStatus"] for _ in range(2)] == ["CREATING", "FAILED"]
    sagemaker.delete_endpoint(EndpointName="never")
    sagemaker.get_waiter("endpoint_deleted").wait(
        EndpointName="never", WaiterConfig={"Delay": 1, "MaxAttempts": 10}
    )


def test_a_container_that_dies_is_started_again(sage: Sage, served: str) -> None:
    before = sage.ask(served)["Body"]
    with pytest.raises(ClientError, match="did not answer"):
        sage.ask(served, b"die")

    def answers() -> bool:
        try:
            return bool(sage.ask(served)["Body"] == before)
        except ClientError:
            return False

    eventually(answers)


def test_a_model_whose_data_is_not_there_is_refused(sage: Sage) -> None:
    container = {"Image": "tiny", "ModelDataUrl": "s3://art/nowhere/model.tar.gz"}
    with pytest.raises(ClientError, match="Could not find model data"):
        sage.client("sagemaker").create_model(
            ModelName="m-none", ExecutionRoleArn=sage.role, PrimaryContainer=container
        )
