"""The roll-out is prepared from what the registry and the endpoint say."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.deploy import roll_out
from tidegate.errors import Refused
from tidegate.facts import ModelApproved
from tidegate.settings import Setting, Settings

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay/3"
FACT = ModelApproved(model="flight_delay", version=3, package_arn=ARN)
KNOWN = Settings(
    {
        Setting.ENVIRONMENT.value: "laptop",
        Setting.MODEL_ROLE_ARN.value: "arn:aws:iam::000000000000:role/model",
        Setting.LOOKUP_TABLE.value: "lookups",
        Setting.ARTEFACT_BUCKET.value: "artefact",
    }
)


class Registry:
    """Stands for SageMaker: one package, and an endpoint in a state, or none."""

    class meta:
        region_name = "eu-west-1"

    def __init__(self, status: str = "", sha256: str = "ab" * 32) -> None:
        self._status, self._sha256 = status, sha256

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        assert ModelPackageName == ARN
        container = {"Image": "image:1", "ModelDataUrl": "s3://artefact/model.tar.gz"}
        properties = {"sha256": self._sha256} if self._sha256 else {}
        return {
            "ModelPackageArn": ARN,
            "InferenceSpecification": {"Containers": [container]},
            "CustomerMetadataProperties": properties,
        }

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        if not self._status:
            error = {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}
            raise ClientError({"Error": error}, "DescribeEndpoint")
        return {"EndpointName": EndpointName, "EndpointStatus": self._status}


def test_a_first_version_creates_the_endpoint_and_a_later_one_updates_it() -> None:
    assert roll_out(Registry(), KNOWN, FACT)["exists"] is False
    assert roll_out(Registry("InService"), KNOWN, FACT)["exists"] is True


def test_the_registered_image_and_data_are_what_is_rolled_out() -> None:
    prepared = roll_out(Registry(), KNOWN, FACT)
    container = prepared["create_model"]["PrimaryContainer"]
    assert (container["Image"], container["ModelDataUrl"]) == ("image:1", "s3://artefact/model.tar.gz")
    assert (prepared["model"], prepared["version"], prepared["package_arn"]) == ("flight_delay", 3, ARN)


def test_an_endpoint_that_was_never_made_is_not_updated() -> None:
    with pytest.raises(Refused, match="it was never made"):
        roll_out(Registry("Failed"), KNOWN, FACT)


def test_the_container_is_told_which_model_the_registry_means() -> None:
    container = roll_out(Registry(), KNOWN, FACT)["create_model"]["PrimaryContainer"]
    assert container["Environment"]["TIDEGATE_MODEL_SHA256"] == "ab" * 32


def test_a_version_of_which_the_registry_names_no_hash_is_not_rolled_out() -> None:
    with pytest.raises(Refused, match="names no SHA-256"):
        roll_out(Registry(sha256=""), KNOWN, FACT)
