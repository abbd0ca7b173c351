"""Start the build of the models' image, which answers CloudFormation by itself when it is done."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from tidegate import aws
from tidegate.lake.answer import answer

logger = Logger(service="build")


def handler(event: dict[str, Any], _context: object) -> None:
    """Answer a Delete; pass Create and Update on to CodeBuild, with the address to answer at."""
    resource = event.get("PhysicalResourceId") or event["ResourceProperties"]["Repository"]
    if event["RequestType"] == "Delete":
        answer(event, resource)
        return
    try:
        started = aws.client("codebuild").start_build(**build_of(event, resource))
    except Exception as error:
        answer(event, resource, failed=f"the build did not start: {type(error).__name__}: {error}")
        raise
    logger.info("build started", extra={"build": started["build"]["id"]})


def build_of(event: dict[str, Any], resource: str) -> dict[str, Any]:
    """The request of `codebuild:StartBuild`: what `infra/image/buildspec.yml` reads."""
    asked = event["ResourceProperties"]
    told = {
        "REPOSITORY": asked["Repository"],
        "TAG": asked["Tag"],
        "RESOURCE": resource,
        "RESPONSE_URL": event["ResponseURL"],
        "STACK_ID": event["StackId"],
        "REQUEST_ID": event["RequestId"],
        "LOGICAL_ID": event["LogicalResourceId"],
    }
    variables = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in told.items()]
    return {"projectName": asked["Project"], "environmentVariablesOverride": variables}
