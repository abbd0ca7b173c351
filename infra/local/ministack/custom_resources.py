"""Custom resources of CloudFormation: native ones in place of CDK's Node functions, and failures that do
not hang.

CDK's own handlers are Node functions that need AWS's SDK from the Lambda runtime, which is not on this
machine. A function that raises never calls its ResponseURL, and AWS waits an hour for it; here the stack
fails at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tidegate.aws import client
from tidegate.errors import Mistake, Unsupported

Properties = Mapping[str, Any]


def install() -> None:
    """Register the native handlers and wrap the Lambda invocation."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS
    handlers["Custom::S3AutoDeleteObjects"] = {
        "create": lambda _id, properties, _stack: (f"auto-delete-{properties['BucketName']}", {}),
        "update": lambda name, _old, _new, _stack: (name, {}),
        "delete": lambda _name, properties: empty_bucket(properties["BucketName"]),
    }
    handlers["Custom::TidegateImageBuild"] = {
        "create": lambda _id, properties, _stack: _this_checkout(properties),
        "update": lambda _name, _old, new, _stack: _this_checkout(new),
        "delete": lambda _name, _properties: None,
    }
    handlers["Custom::CDKBucketDeployment"] = {"create": _refuse_bucket_deployment}
    _fail_at_once()


def empty_bucket(bucket: str) -> None:
    """Delete every version in a bucket that CDK marked for it; another bucket is left alone, as CDK does."""
    s3 = client("s3")
    try:
        tags = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchBucket", "NoSuchTagSet"):
            return
        raise
    if {"Key": "aws-cdk:auto-delete-objects", "Value": "true"} not in tags:
        return
    delete_every_version(s3, bucket)


def delete_every_version(s3: Any, bucket: str) -> None:
    """Leave nothing in a bucket, no old version and no delete marker."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        doomed = [
            {"Key": version["Key"], "VersionId": version["VersionId"]}
            for version in page.get("Versions", []) + page.get("DeleteMarkers", [])
        ]
        if doomed:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})


def _this_checkout(properties: Properties) -> tuple[str, dict[str, Any]]:
    """No image is built here: the URI stands for this checkout's own interpreter, which runs the jobs."""
    uri = properties.get("ImageUri", "")
    if not uri:
        raise Mistake(
            "Custom::TidegateImageBuild",
            "its properties name no ImageUri",
            "Give the custom resource the property ImageUri: the URI that the build pushes",
        )
    return uri, {"ImageUri": uri}


def _refuse_bucket_deployment(logical_id: str, _properties: Properties, _stack: str) -> tuple[str, Any]:
    raise Unsupported(
        f"Custom::CDKBucketDeployment {logical_id}",
        "the local cloud does not unpack files into buckets",
        "Put the files by the S3 API after the deployment",
    )


def _fail_at_once() -> None:
    from ministack.services import lambda_svc
    from ministack.services.cloudformation import custom_resource

    execute = lambda_svc._execute_function_with_config_scope

    def execute_and_tell(func: dict[str, Any], event: Any) -> Any:
        result = execute(func, event)
        url = event.get("ResponseURL", "") if isinstance(event, dict) else ""
        if "/cfn-response/" in url and isinstance(result, dict) and result.get("error"):
            waiting = custom_resource._pending.get(token := url.rsplit("/", 1)[-1])
            if waiting is not None and not waiting["event"].is_set():
                answer = {"Status": "FAILED", "Reason": _reason(result.get("body"))}
                custom_resource.deliver_response(token, answer)
        return result

    lambda_svc._execute_function_with_config_scope = execute_and_tell


def _reason(body: Any) -> str:
    said = body if isinstance(body, dict) else {"errorMessage": str(body)}
    return f"{said.get('errorType', 'Error')}: {said.get('errorMessage', '')}"
