"""Answer `POST /predict/{model}`: the endpoint's answer, or an error that says what the caller can do."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from tidegate import aws, settings
from tidegate.models.run import resource_name
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = Logger(service="predict")
LARGEST_BODY = 1_000_000
CALLERS_FAULT = (400, 413, 422)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """An HTTP API request (payload version 2.0) → its response."""
    model = (event.get("pathParameters") or {}).get("model", "")
    body = _body(event)
    if body is None:
        return _error(400, "the request", "its body is no base64", "Send JSON")
    if len(body) > LARGEST_BODY:
        return _error(
            413, "the request", f"it is larger than {LARGEST_BODY} bytes", "Send fewer rows at once"
        )
    if model not in plan().models:
        known = ", ".join(plan().models) or "none"
        return _error(404, f"/predict/{model[:100]}", "no model has this name", f"The models are: {known}")
    return predict(
        aws.client("sagemaker-runtime"), settings.from_environment()[Setting.ENVIRONMENT], model, body
    )


def predict(runtime: Any, environment: str, model: str, body: bytes) -> dict[str, Any]:
    """Ask the model's endpoint."""
    try:
        answer = runtime.invoke_endpoint(
            EndpointName=resource_name(environment, model), ContentType="application/json", Body=body or b" "
        )
    except ClientError as error:
        return _translate(error, model)
    except BotoCoreError as error:
        logger.error("the endpoint cannot be reached", extra={"model": model, "said": str(error)})
        return _error(503, f"the endpoint of {model}", "it cannot be reached now", "Try again shortly")
    return _response(200, answer["Body"].read().decode())


def _translate(error: ClientError, model: str) -> dict[str, Any]:
    """SageMaker's error as a status of ours; the caller's own fault is told in the model's words."""
    code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
    status = int(error.response.get("OriginalStatusCode", 0))
    where = f"the endpoint of {model}"
    if code == "ModelError" and status in CALLERS_FAULT:
        return _response(status, str(error.response.get("OriginalMessage", "")))
    if "not found" in said or "Could not find" in said:
        return _error(404, where, "no version of this model is in service", "Approve one: tidegate approve")
    if "Throttl" in code:
        return _error(429, where, "too many requests", "Try again shortly, and more slowly")
    logger.error("the endpoint failed", extra={"model": model, "code": code, "status": status, "said": said})
    if code == "ModelError" and status != 503:
        return _error(502, where, "it failed on this request", "Look at the endpoint's log")
    return _error(503, where, "it does not answer now", "Try again shortly")


def _body(event: Mapping[str, Any]) -> bytes | None:
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _error(status: int, where: str, what: str, next_step: str) -> dict[str, Any]:
    told = {"error": {"where": where, "what": what, "next_step": next_step, "rows": []}}
    return _response(status, json.dumps(told))


def _response(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": body}
