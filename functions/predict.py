"""Answer `POST /predict/{model}`: the endpoint's answer, or an error that says what the caller can do."""

from __future__ import annotations

import base64
import binascii
import json
import random
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from tidegate import aws, settings
from tidegate.errors import NotFound
from tidegate.models.front import Front, Kept, callers_fault, invoke, throttled
from tidegate.models.in_service import Records
from tidegate.models.mirroring import Mirror
from tidegate.models.run import resource_name
from tidegate.models.signals import answered
from tidegate.models.ways import Serverless
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = Logger(service="predict")
LARGEST_BODY = 1_000_000
# Of the function's 29 seconds the record takes 3, and throttled calls 3: who answers too late is told.
PATIENCE_SECONDS = 10  # with a version on its way in
AFTER_SECONDS = 14  # with the version in service, after that one
ALONE_SECONDS = 22  # with the version in service
FIRST_SECONDS = 3  # with a record of which nothing is known yet
RECORD_SECONDS = 1  # to connect, or to answer: what was read last stays


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
    environment = settings.from_environment()[Setting.ENVIRONMENT]
    if isinstance(plan().models[model].serving, Serverless):
        return predict(lambda: front(environment).ask(model, body), model)
    runtime, endpoint = aws.client("sagemaker-runtime"), resource_name(environment, model)
    return predict(lambda: invoke(runtime, endpoint, body), model)


@cache
def front(environment: str) -> Front:
    """The front of this process, which remembers for a moment what it read."""
    table = settings.from_environment()[Setting.SERVING_TABLE]
    first = Records(aws.client("dynamodb", retries=2, seconds=FIRST_SECONDS), table)
    again = Records(aws.client("dynamodb", retries=1, seconds=RECORD_SECONDS, late_again=False), table)
    mirror = Mirror(aws.client("lambda", retries=0), resource_name(environment, "mirror"), logger.warning)
    return Front(
        environment=environment,
        runtime=aws.client("sagemaker-runtime", retries=2, seconds=ALONE_SECONDS, late_again=False),
        after=aws.client("sagemaker-runtime", retries=1, seconds=AFTER_SECONDS, late_again=False),
        hasty=aws.client("sagemaker-runtime", retries=0, seconds=PATIENCE_SECONDS),
        records=Kept(first.read, again.read, time.monotonic),
        draw=random.random,
        tell=_tell,
        copy=mirror.send,
    )


def _tell(endpoint: str, milliseconds: float, failed: str) -> None:
    answered(endpoint, milliseconds, failed=bool(failed))
    if failed:
        logger.warning("a version failed", extra={"endpoint": endpoint, "said": failed})


def predict(ask: Callable[[], bytes], model: str) -> dict[str, Any]:
    """Ask a version of the model."""
    try:
        return _response(200, ask().decode())
    except NotFound as error:
        return _error(404, error.where, error.what, error.next_step)
    except ClientError as error:
        return _translate(error, model)
    except BotoCoreError as error:
        logger.error("the endpoint cannot be reached", extra={"model": model, "said": str(error)})
        return _error(503, f"the endpoint of {model}", "it cannot be reached now", "Try again shortly")


def _translate(error: ClientError, model: str) -> dict[str, Any]:
    """SageMaker's error as a status of ours; the caller's own fault is told in the model's words."""
    code, said = error.response["Error"]["Code"], error.response["Error"]["Message"]
    status = int(error.response.get("OriginalStatusCode", 0))
    where = f"the endpoint of {model}"
    if callers_fault(error):
        return _response(status, str(error.response.get("OriginalMessage", "")))
    if "not found" in said or "Could not find" in said:
        what = "no version of this model is in service"
        return _error(404, where, what, f"Approve one: tidegate approve {model}")
    if throttled(error):
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
