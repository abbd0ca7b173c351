"""Deploy small templates and functions to the test cloud."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3

from tests.clouds import eventually


def zipped(name: str, text: str) -> bytes:
    """A zip file with one file in it."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(name, text)
    return body.getvalue()


def deploy(stack: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, Any]:
    """Create or update a stack and return what DescribeStacks says of it in the end."""
    cloudformation = boto3.client("cloudformation")
    template = json.dumps(
        {"Resources": resources, "Outputs": {key: {"Value": value} for key, value in (outputs or {}).items()}}
    )
    try:
        cloudformation.describe_stacks(StackName=stack)
        cloudformation.update_stack(
            StackName=stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" not in str(error):
            raise
        cloudformation.create_stack(
            StackName=stack, TemplateBody=template, Capabilities=["CAPABILITY_NAMED_IAM"]
        )
    return settled(stack)


def settled(stack: str) -> dict[str, Any]:
    """The stack once nothing of it is in progress."""
    cloudformation = boto3.client("cloudformation")

    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return None if found["StackStatus"].endswith("IN_PROGRESS") else found

    return eventually(look, seconds=60)


def reasons(stack: str) -> str:
    """Every reason that the stack's events give."""
    events = boto3.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)
