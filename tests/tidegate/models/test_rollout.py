"""A roll-out's requests are what SageMaker takes, and a canary is one that it allows."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from tidegate.models.rollout import prepare

PREPARED = prepare(
    environment="laptop",
    model="flight_delay",
    version=3,
    package_arn="arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay/3",
    sha256="ab" * 32,
    image="image:1",
    model_data="s3://artefact/model.tar.gz",
    role="arn:aws:iam::000000000000:role/tidegate-laptop-model",
    lookup_table="tidegate-laptop-lookups",
    artefact_bucket="tidegate-laptop-artefact",
    region="eu-west-1",
    instance_type="ml.m5.large",
    exists=True,
)
UPDATE = {
    "EndpointName": PREPARED["endpoint"],
    "EndpointConfigName": PREPARED["create_endpoint_config"]["EndpointConfigName"],
    "DeploymentConfig": PREPARED["deployment_config"],
}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateModel", PREPARED["create_model"]),
        ("CreateEndpointConfig", PREPARED["create_endpoint_config"]),
        ("UpdateEndpoint", UPDATE),
    ],
)
def test_every_request_is_one_that_sagemaker_takes(operation: str, request_: dict[str, Any]) -> None:
    service = boto3.client("sagemaker", region_name="eu-west-1").meta.service_model
    report = ParamValidator().validate(request_, service.operation_model(operation).input_shape)
    assert not report.has_errors(), report.generate_report()


def test_a_version_names_its_model_and_configuration_and_the_endpoint_keeps_its_name() -> None:
    assert PREPARED["endpoint"] == "tidegate-laptop-flight-delay"
    assert PREPARED["model_name"] == "tidegate-laptop-flight-delay-v3"
    variant = PREPARED["create_endpoint_config"]["ProductionVariants"][0]
    assert (variant["ModelName"], variant["VariantName"]) == (PREPARED["model_name"], "AllTraffic")


def test_a_canary_is_at_least_one_instance_and_at_most_half() -> None:
    variant = PREPARED["create_endpoint_config"]["ProductionVariants"][0]
    policy = PREPARED["deployment_config"]["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    share = policy["CanarySize"]["Value"] / 100
    assert share <= 0.5
    assert share * variant["InitialInstanceCount"] >= 1


def test_an_update_is_taken_back_by_the_alarms_of_its_endpoint() -> None:
    alarms = PREPARED["deployment_config"]["AutoRollbackConfiguration"]["Alarms"]
    assert [alarm["AlarmName"] for alarm in alarms] == [
        "tidegate-laptop-flight-delay-errors",
        "tidegate-laptop-flight-delay-latency",
    ]


def test_the_container_is_told_its_model_its_hash_and_where_to_read_and_write() -> None:
    told = PREPARED["create_model"]["PrimaryContainer"]["Environment"]
    assert told["TIDEGATE_MODEL_NAME"] == "flight_delay"
    assert told["TIDEGATE_MODEL_VERSION"] == "3"
    assert told["TIDEGATE_MODEL_SHA256"] == "ab" * 32
    assert told["TIDEGATE_LOOKUP_TABLE"] == "tidegate-laptop-lookups"
    assert told["TIDEGATE_ARTEFACT_BUCKET"] == "tidegate-laptop-artefact"
