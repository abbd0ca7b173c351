"""Serverless endpoints: started by a call, ended when idle, throttled, without what AWS excludes."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.test_captures import capture
from tests.infra.local.sagemaker.updating import blue_green, failed, rolling, update

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


def variant(model: str, most: int = 4, **more: int) -> dict[str, Any]:
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": most, **more}
    return {"VariantName": "all", "ModelName": model, "ServerlessConfig": config}


def serve(sage: Sage, name: str, most: int = 4, **more: int) -> str:
    return sage.serve(name, sage.config(name, [variant(sage.bare_model(name, name), most, **more)]))


def process(sage: Sage, name: str) -> int:
    """The process that answers."""
    return int(sage.ask(name, b"sleep0")["Body"])


def ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def at_once(sage: Sage, name: str, calls: int) -> list[str]:
    """What calls at the same time are answered: a process, or an error's code."""
    said: list[str] = []

    def call() -> None:
        try:
            said.append(sage.ask(name, b"sleep3")["Body"].decode())
        except ClientError as error:
            said.append(error.response["Error"]["Code"])

    callers = [threading.Thread(target=call) for _ in range(calls)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return said


def test_an_idle_endpoint_has_no_process_and_the_next_call_starts_one(sage: Sage) -> None:
    name = serve(sage, "cold")
    first = process(sage, name)
    assert process(sage, name) == first
    eventually(lambda: ended(first))
    assert process(sage, name) != first
    (shown,) = sage.client("sagemaker").describe_endpoint(EndpointName=name)["ProductionVariants"]
    assert shown["CurrentServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 4}
    assert shown["CurrentInstanceCount"] == 0


def test_calls_at_the_same_time_have_a_container_each_and_one_too_many_is_throttled(sage: Sage) -> None:
    name = serve(sage, "throttled", most=2)
    said = at_once(sage, name, 3)
    assert said.count("ThrottlingException") == 1
    assert len(set(said)) == 3


def test_provisioned_containers_stay_and_their_number_changes_in_service(sage: Sage) -> None:
    name = serve(sage, "provisioned", most=1, ProvisionedConcurrency=1)
    fleeting = serve(sage, "fleeting")
    kept, other = process(sage, name), process(sage, fleeting)
    eventually(lambda: ended(other))
    assert process(sage, name) == kept
    wider = {"VariantName": "all", "ServerlessUpdateConfig": {"MaxConcurrency": 2}}
    sage.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=name, DesiredWeightsAndCapacities=[wider]
    )
    (shown,) = sage.endpoint_settled(name)["ProductionVariants"]
    assert shown["CurrentServerlessConfig"]["MaxConcurrency"] == 2
    assert "ThrottlingException" not in at_once(sage, name, 2)


def test_no_call_fails_while_one_version_takes_over_from_another(sage: Sage) -> None:
    name = serve(sage, "sls-one")
    config = sage.config("sls-two", [variant(sage.bare_model("sls-two", "two"))])
    settled, said = update(sage, name, config)
    assert settled["EndpointConfigName"] == "sls-two"
    assert not failed(said)
    assert sage.ask(name)["Body"] == b"two"


def test_a_model_that_does_not_start_fails_the_endpoint_when_it_is_created(sage: Sage) -> None:
    config = sage.config("sls-broken", [variant(sage.bare_model("sls-broken", "broken"))])
    sage.client("sagemaker").create_endpoint(EndpointName="sls-broken", EndpointConfigName=config)
    settled = sage.endpoint_settled("sls-broken")
    assert settled["EndpointStatus"] == "Failed"
    assert "this model cannot be loaded" in settled["FailureReason"]


def test_a_body_of_five_megabytes_is_too_large(sage: Sage) -> None:
    name = serve(sage, "sls-large")
    with pytest.raises(ClientError, match="larger than 4194304 bytes"):
        sage.ask(name, b"x" * (5 << 20))


def test_what_aws_excludes_is_refused(sage: Sage) -> None:
    model = sage.bare_model("sls-x", "x")
    instance = sage.variant(model, "other")
    output = {"OutputConfig": {"S3OutputPath": "s3://art/out"}}
    refusals: list[tuple[list[dict[str, Any]], dict[str, Any], str]] = [
        ([variant(model), instance], {}, "multiple production variants"),
        ([variant(model)], {"ShadowProductionVariants": [instance]}, "shadow variants"),
        ([variant(model)], {"DataCaptureConfig": capture(["Input"])}, "data capture"),
        ([variant(model)], {"AsyncInferenceConfig": output}, "asynchronous inference"),
        ([variant(model)], {"EnableNetworkIsolation": True}, "network isolation"),
        ([variant(model) | {"InstanceType": "ml.m5.large"}], {}, "together with ServerlessConfig"),
        ([variant(model, 1, ProvisionedConcurrency=2)], {}, "must be at most MaxConcurrency"),
        ([variant(model, MemorySizeInMB=1500)], {}, "must be a multiple of 1024"),
    ]
    for variants, more, said in refusals:
        with pytest.raises(ClientError, match=said):
            sage.config("sls-refused", variants, **more)


def test_an_update_that_aws_excludes_is_refused(sage: Sage) -> None:
    serverless = serve(sage, "sls-from")
    instances = sage.serve("sls-inst", sage.model("sls-inst", "instances"))
    refusals = [
        (instances, "sls-from", {}, "cannot be updated to a serverless one"),
        (serverless, "sls-from", {"DeploymentConfig": blue_green()}, "updated ALL_AT_ONCE"),
        (serverless, "sls-from", {"DeploymentConfig": rolling(1)}, "not for serverless endpoints"),
    ]
    for name, config, more, said in refusals:
        with pytest.raises(ClientError, match=said):
            sage.client("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName=config, **more)
    settled, said_to_callers = update(sage, serverless, "sls-inst")
    assert settled["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert not failed(said_to_callers)
