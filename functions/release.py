"""Answer `POST /approve/{model}` and `POST /rollback/{model}`: a person's word over HTTP, signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger

from tidegate import aws, settings
from tidegate.errors import BadRequest, Mistake, TidegateError, Transient
from tidegate.models.in_service import Records
from tidegate.models.releases import Releases
from tidegate.plan import plan as the_plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.plan import Plan

logger = Logger(service="release")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """An HTTP API request (payload version 2.0) → what was asked for, or why not."""
    known = settings.from_environment()
    _, partition, _, region, account, *_ = context.invoked_function_arn.split(":")
    releases = Releases(
        aws.client("sagemaker"),
        aws.client("events"),
        Records(aws.client("dynamodb"), known[Setting.SERVING_TABLE]),
        environment=known[Setting.ENVIRONMENT],
        bus=known[Setting.BUS],
        registry=f"arn:{partition}:sagemaker:{region}:{account}:model-package",
    )
    try:
        told = answer(releases, the_plan(), event)
    except TidegateError as error:
        status = 503 if isinstance(error, Transient) else 400 if isinstance(error, BadRequest) else 404
        said = {"where": error.where, "what": error.what, "next_step": error.next_step}
        return _response(status if isinstance(error, Transient | Mistake) else 500, {"error": said})
    logger.info("asked for", extra=told)
    return _response(202, told)


def answer(releases: Releases, plan: Plan, event: Mapping[str, Any]) -> dict[str, Any]:
    """Do what the route says.

    Raises:
        BadRequest: the body is not what the route takes.
    """
    route = str(event["routeKey"])
    model = plan.model((event.get("pathParameters") or {}).get("model", "")).name
    body, who = _body(event), _who(event)
    because = str(body.get("because", ""))
    if route.startswith("POST /rollback/"):
        return releases.roll_back(model, who, because)
    version = body.get("version")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BadRequest("the request", "it names no version", 'Send {"version": 3, "because": "…"}')
    return releases.approve(model, version, " ".join(filter(None, (f"by {who}", because))))


def _body(event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        read = json.loads(event.get("body") or "{}")
    except (ValueError, RecursionError):  # brackets within brackets, thousands of them
        read = None
    if not isinstance(read, dict):
        raise BadRequest("the request", "its body is no JSON object", 'Send {"version": 3, "because": "…"}')
    return read


def _who(event: Mapping[str, Any]) -> str:
    """Whose signature the API took."""
    signer = event.get("requestContext", {}).get("authorizer", {}).get("iam", {})
    return str(signer.get("userArn") or "an unnamed caller")


def _response(status: int, told: Mapping[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(told)}
