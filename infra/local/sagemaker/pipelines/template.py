"""AWS::SageMaker::Pipeline, for MiniStack's table of CloudFormation resource types.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sagemaker-pipeline.html
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Backend
    from infra.local.sagemaker.store import Record

TYPE = "AWS::SageMaker::Pipeline"
_KEPT = ("PipelineName", "PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
Made = tuple[str, dict[str, Any]]  # the physical id, and the attributes


def handlers(backend: Callable[[], Backend]) -> dict[str, dict[str, Callable[..., Any]]]:
    """The handlers of the type, by MiniStack's names."""

    def create(logical_id: str, properties: Record, stack: str) -> Made:
        named = {"PipelineName": properties.get("PipelineName") or _name(stack, logical_id)}
        tags = {"Tags": properties["Tags"]} if "Tags" in properties else {}
        backend().call("CreatePipeline", {**_request(properties), **named, **tags, **_token()})
        return named["PipelineName"], named

    def update(name: str, _old: Record, new: Record, stack: str) -> Made:
        if new.get("PipelineName", name) != name:
            return create("Pipeline", new, stack)
        backend().call("UpdatePipeline", {**_request(new), "PipelineName": name})
        arn = backend().pipelines.catalogue.get(name)["PipelineArn"]
        backend().parts.tag(arn, new.get("Tags", []))
        return name, {"PipelineName": name}

    def delete(name: str, _properties: Record) -> None:
        backend().call("DeletePipeline", {"PipelineName": name, **_token()})

    return {TYPE: {"create": create, "update": update, "delete": delete}}


def _request(properties: Record) -> Record:
    """The members that the API knows too, the definition under its names there."""
    said = properties["PipelineDefinition"]
    request = {name: properties[name] for name in _KEPT if name in properties}
    if limit := request.get("ParallelismConfiguration"):  # a template's numbers may be texts
        most = int(limit["MaxParallelExecutionSteps"])
        request["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": most}
    if "PipelineDefinitionBody" in said:
        return {**request, "PipelineDefinition": said["PipelineDefinitionBody"]}
    place = said["PipelineDefinitionS3Location"]
    version = {"VersionId": place["Version"]} if "Version" in place else {}
    location = {"Bucket": place["Bucket"], "ObjectKey": place["Key"], **version}
    return {**request, "PipelineDefinitionS3Location": location}


def _name(stack: str, logical_id: str) -> str:
    return f"{stack}-{logical_id}-{uuid.uuid4().hex[:12]}"


def _token() -> Record:
    return {"ClientRequestToken": uuid.uuid4().hex}
