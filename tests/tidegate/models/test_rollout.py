"""A roll-out's requests are what SageMaker takes, and shift traffic as the model declares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.validate import ParamValidator

from tests.tidegate.models.plans import MODEL
from tidegate.models.rollout import Site, Version, prepare, straight_back
from tidegate.models.ways import AllAtOnce, Canary, Linear, RealTime, Rollout

VERSION = Version(
    version=3,
    package_arn="arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay/3",
    image="image:1",
    model_data="s3://artefact/model.tar.gz",
    sha256="ab" * 32,
)
SITE = Site(
    environment="laptop",
    region="eu-west-1",
    role="arn:aws:iam::000000000000:role/tidegate-laptop-model",
    lookup_table="tidegate-laptop-lookups",
    artefact_bucket="tidegate-laptop-artefact",
)
PREPARED = prepare(MODEL, VERSION, SITE, way="update")


def update(deployment_config: dict[str, Any]) -> dict[str, Any]:
    return {
        "EndpointName": PREPARED["endpoint"],
        "EndpointConfigName": PREPARED["create_endpoint_config"]["EndpointConfigName"],
        "DeploymentConfig": deployment_config,
    }


def declared(rollout: Rollout) -> dict[str, Any]:
    prepared = prepare(replace(MODEL, rollout=rollout), VERSION, SITE, way="update")
    told: dict[str, Any] = prepared["deployment_config"]
    return told


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("CreateModel", PREPARED["create_model"]),
        ("CreateEndpointConfig", PREPARED["create_endpoint_config"]),
        ("UpdateEndpoint", update(PREPARED["deployment_config"])),
        ("UpdateEndpoint", update(declared(Linear(percent=25, seconds=60)))),
        ("UpdateEndpoint", update(declared(AllAtOnce(seconds=600)))),
        ("UpdateEndpoint", update(straight_back())),
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


def test_what_a_model_declares_is_how_traffic_shifts() -> None:
    def routing(rollout: Rollout) -> dict[str, Any]:
        told: dict[str, Any] = declared(rollout)["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
        return told

    half = {"Type": "CAPACITY_PERCENT", "Value": 50}
    assert routing(Canary()) == {"Type": "CANARY", "CanarySize": half, "WaitIntervalInSeconds": 120}
    step = {"Type": "CAPACITY_PERCENT", "Value": 25}
    linear = {"Type": "LINEAR", "LinearStepSize": step, "WaitIntervalInSeconds": 60}
    assert routing(Linear(percent=25, seconds=60)) == linear
    assert routing(AllAtOnce()) == {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}


def test_a_model_may_declare_its_instances() -> None:
    serving = RealTime(instances=4, instance_type="ml.c6i.large")
    prepared = prepare(replace(MODEL, serving=serving), VERSION, SITE, way="update")
    (variant,) = prepared["create_endpoint_config"]["ProductionVariants"]
    assert (variant["InitialInstanceCount"], variant["InstanceType"]) == (4, "ml.c6i.large")


def test_an_update_is_taken_back_by_the_alarms_of_its_endpoint() -> None:
    alarms = PREPARED["deployment_config"]["AutoRollbackConfiguration"]["Alarms"]
    assert [alarm["AlarmName"] for alarm in alarms] == [
        "tidegate-laptop-flight-delay-errors",
        "tidegate-laptop-flight-delay-latency",
        "tidegate-laptop-flight-delay-unwanted",
    ]


def test_the_container_is_told_its_model_version_lookup_table_and_hash() -> None:
    told = PREPARED["create_model"]["PrimaryContainer"]["Environment"]
    assert told["TIDEGATE_MODEL_NAME"] == "flight_delay"
    assert told["TIDEGATE_MODEL_VERSION"] == "3"
    assert told["TIDEGATE_LOOKUP_TABLE"] == "tidegate-laptop-lookups"
    assert told["TIDEGATE_MODEL_SHA256"] == VERSION.sha256
    assert told["TIDEGATE_ARTEFACT_BUCKET"] == "tidegate-laptop-artefact"
