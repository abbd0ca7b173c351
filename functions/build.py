"""Build the models' image for CloudFormation, which waits until CodeBuild says that the build has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from tidegate import aws
from tidegate.lake.answer import answer

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="build")

# CloudFormation's request travels with the build, under these names.
_CARRIED = {
    "RESPONSE_URL": "ResponseURL",
    "STACK_ID": "StackId",
    "REQUEST_ID": "RequestId",
    "LOGICAL_ID": "LogicalResourceId",
}


def handler(event: dict[str, Any], _context: object) -> None:
    """Take CloudFormation's request, or CodeBuild's word that a build has ended."""
    if "RequestType" in event:
        _take(event)
    else:
        _finish(event["detail"]["build-id"])


def _take(request: dict[str, Any]) -> None:
    asked = request["ResourceProperties"]
    resource = request.get("PhysicalResourceId") or asked["Repository"]
    if request["RequestType"] == "Delete":
        answer(request, resource)
        return
    try:
        uri = _image(
            asked["Repository"], asked["Tag"]
        )  # after a roll-back it is there, and tags are immutable
        if not uri:
            started = aws.client("codebuild").start_build(**build_of(request, resource))
            logger.info("build started", extra={"build": started["build"]["id"]})
    except (ClientError, BotoCoreError) as error:  # said to CloudFormation, which would wait in vain
        logger.exception("build did not start")
        answer(request, resource, failed=f"the build did not start: {type(error).__name__}: {error}")
        return
    if uri:
        answer(request, resource, data={"ImageUri": uri})


def _finish(build_id: str) -> None:
    (build,) = aws.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
    told = {item["name"]: item["value"] for item in build["environment"]["environmentVariables"]}
    if "RESPONSE_URL" not in told:
        logger.info("build that nobody waits for", extra={"build": build_id})
        return
    request = {name: told[carried] for carried, name in _CARRIED.items()}
    status = build["buildStatus"]
    uri = _image(told["REPOSITORY"], told["TAG"]) if status == "SUCCEEDED" else ""
    failed = "" if uri else f"the build {build['id']} ended as {status}{_where(build)}"
    logger.info("build ended", extra={"build": build_id, "status": status, "image": uri})
    answer(request, told["RESOURCE"], data={"ImageUri": uri} if uri else None, failed=failed)


def build_of(event: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """The request of `codebuild:StartBuild`: what `infra/image/buildspec.yml` reads, and where to answer."""
    asked = event["ResourceProperties"]
    told = {"REPOSITORY": asked["Repository"], "TAG": asked["Tag"], "RESOURCE": resource}
    told |= {"DOCKERFILE": asked["Dockerfile"], "REQUIREMENTS": asked["Requirements"]}
    told |= {carried: event[name] for carried, name in _CARRIED.items()}
    variables = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in told.items()]
    return {
        "projectName": asked["Project"],
        "environmentVariablesOverride": variables,
        "idempotencyToken": event["RequestId"],  # a second call with the same request starts no second build
    }


def _image(repository: str, tag: str) -> str:
    """The image's URI by digest; empty where the repository has no such tag."""
    client = aws.client("ecr")
    try:
        found = client.describe_images(
            repositoryName=repository.partition("/")[2], imageIds=[{"imageTag": tag}]
        )
    except client.exceptions.ImageNotFoundException:
        return ""
    digests = [image["imageDigest"] for image in found["imageDetails"]]
    return f"{repository}@{digests[0]}" if digests else ""


def _where(build: Mapping[str, Any]) -> str:
    """The phase that failed, with its last words, and where the log is."""
    failed = [
        phase for phase in build.get("phases", ()) if phase.get("phaseStatus") not in {None, "SUCCEEDED"}
    ]
    said = [f" in {phase['phaseType']}: {_message(phase)}" for phase in failed[:1]]
    link = build.get("logs", {}).get("deepLink", "")
    return "".join([*said, f"; log: {link}" if link else ""])


def _message(phase: Mapping[str, Any]) -> str:
    return "; ".join(context["message"] for context in phase.get("contexts", ()) if context.get("message"))
