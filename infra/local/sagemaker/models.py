"""Models: what is checked and remembered before anything is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_implemented
from infra.local.sagemaker.named import Named
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from infra.local.sagemaker.store import Record


class Models(Named):
    """CreateModel and its companions."""

    noun, word = "model", "Model"

    def create(self, request: Record) -> Record:
        """CreateModel: the image must be known here, and the model's data must be there for its role."""
        if "VpcConfig" in request:
            raise not_implemented("VpcConfig of a model")
        container = self.container(request)
        if "Image" not in container:
            raise invalid("The model has no container image")
        self.parts.config.images.program(container["Image"])
        if url := container.get("ModelDataUrl"):
            self._check_data(url, request.get("ExecutionRoleArn", ""))
        return self.keep(request)

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

    def _check_data(self, url: str, role_arn: str) -> None:
        from botocore.exceptions import ClientError

        bucket, key = split_uri(url)
        try:
            self.parts.cloud.s3(role_arn).head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            raise invalid(
                f"Could not find model data at {url}, or {role_arn} may not read it: {error}"
            ) from error
