"""Models and endpoint configurations: what is checked and remembered before anything is served."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.store import Record, page
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts

NOT_HERE = ("AsyncInferenceConfig", "ShadowProductionVariants", "ExplainerConfig", "VpcConfig")


class Models:
    """CreateModel and its companions."""

    noun, word = "model", "Model"

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def create(self, request: Record) -> Record:
        """CreateModel: the image must be known here, and the model's data must be there for its role."""
        container = self.container(request)
        if "Image" not in container:
            raise invalid("The model has no container image")
        self.parts.config.images.program(container["Image"])
        if url := container.get("ModelDataUrl"):
            self._check_data(url, request.get("ExecutionRoleArn", ""))
        return _create(self.parts, self, request)

    def container(self, model: Record) -> Record:
        """The one container of a model."""
        containers = (
            [model["PrimaryContainer"]] if "PrimaryContainer" in model else model.get("Containers", [])
        )
        if len(containers) != 1:
            raise not_implemented(f"A model of {len(containers)} containers")
        if containers[0].get("Mode", "SingleModel") != "SingleModel" or "ModelDataSource" in containers[0]:
            raise not_implemented("A container of several models, or with a ModelDataSource,")
        found: Record = containers[0]
        return found

    def describe(self, request: Record) -> Record:
        """DescribeModel."""
        return self.get(request["ModelName"])

    def get(self, name: str) -> Record:
        """The model of that name."""
        return _get(self.parts, self, name)

    def delete(self, request: Record) -> Record:
        """DeleteModel."""
        self.get(request["ModelName"])
        self.parts.store.remove(self.noun, request["ModelName"])
        return {}

    def list_page(self, request: Record) -> Record:
        """ListModels."""
        return _list(self.parts, self, request, "Models")

    def _check_data(self, url: str, role_arn: str) -> None:
        from botocore.exceptions import ClientError

        bucket, key = split_uri(url)
        try:
            self.parts.cloud.s3(role_arn).head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise invalid(
                f"Could not find model data at {url}, or {role_arn} may not read it: {error}"
            ) from error


class EndpointConfigs:
    """CreateEndpointConfig and its companions."""

    noun, word = "endpoint-config", "EndpointConfig"

    def __init__(self, parts: Parts, models: Models) -> None:
        self.parts = parts
        self._models = models

    def create(self, request: Record) -> Record:
        """CreateEndpointConfig, for real-time endpoints on instances."""
        for member in NOT_HERE:
            if request.get(member):
                raise not_implemented(member)
        if request.get("DataCaptureConfig", {}).get("EnableCapture"):
            raise not_implemented("DataCaptureConfig")
        for variant in request["ProductionVariants"]:
            if "ModelName" not in variant or "ServerlessConfig" in variant:
                raise not_implemented("A variant without ModelName, or with ServerlessConfig,")
            self._models.get(variant["ModelName"])
        variants = [
            {"InitialVariantWeight": 1.0, "InitialInstanceCount": 1, **variant}
            for variant in request["ProductionVariants"]
        ]
        return _create(self.parts, self, {**request, "ProductionVariants": variants})

    def describe(self, request: Record) -> Record:
        """DescribeEndpointConfig."""
        return self.get(request["EndpointConfigName"])

    def get(self, name: str) -> Record:
        """The configuration of that name."""
        return _get(self.parts, self, name)

    def delete(self, request: Record) -> Record:
        """DeleteEndpointConfig."""
        self.get(request["EndpointConfigName"])
        self.parts.store.remove(self.noun, request["EndpointConfigName"])
        return {}

    def list_page(self, request: Record) -> Record:
        """ListEndpointConfigs."""
        return _list(self.parts, self, request, "EndpointConfigs")


def _create(parts: Parts, kind: Models | EndpointConfigs, request: Record) -> Record:
    name = request[f"{kind.word}Name"]
    arn = parts.config.arn(kind.noun, name)
    tags = request.pop("Tags", [])
    with parts.store.lock:
        if parts.store.find(kind.noun, name):
            raise invalid(f'Cannot create already existing {kind.noun.replace("-", " ")} "{arn}".')
        parts.store.put(kind.noun, name, {**request, f"{kind.word}Arn": arn, "CreationTime": time.time()})
        parts.tag(arn, tags)
    return {f"{kind.word}Arn": arn}


def _get(parts: Parts, kind: Models | EndpointConfigs, name: str) -> Record:
    found = parts.store.find(kind.noun, name)
    if found is None:
        noun = kind.noun.replace("-", " ")
        raise invalid(f'Could not find {noun} "{parts.config.arn(kind.noun, name)}".')
    return found


def _list(parts: Parts, kind: Models | EndpointConfigs, request: Record, member: str) -> Record:
    kept = (f"{kind.word}Name", f"{kind.word}Arn", "CreationTime")
    every = parts.store.every(kind.noun)
    return page(request, every, member, lambda found: {key: found[key] for key in kept}, kept[0])
