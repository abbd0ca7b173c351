"""An invocation as SageMaker passes it on: headers in and out, what is measured, what an error says."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.local.sagemaker.captures import Exchange
from infra.local.sagemaker.faults import ApiError, not_implemented

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.fleet import AnySeat, Fleet
    from infra.local.sagemaker.wirepool import Answer

LONGEST_ATTRIBUTES = 1024
CUSTOM = "x-amzn-sagemaker-custom-attributes"
INFERENCE_ID = "x-amzn-sagemaker-inference-id"
VARIANT = "x-amzn-sagemaker-target-variant"
TYPE, ACCEPT = "x-amzn-sagemaker-content-type", "x-amzn-sagemaker-accept"
BINARY = "application/octet-stream"
NOT_HERE = (
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-session-id",
    "x-amzn-sagemaker-enable-explanations",
    "x-amzn-sagemaker-prefix-aware-id",
)


@dataclass(frozen=True)
class Call:
    """One call of an endpoint, at its place in a variant."""

    endpoint: str
    fleet: Fleet
    seat: AnySeat
    headers: Mapping[str, str]
    body: bytes
    arrived: float = field(default_factory=time.perf_counter)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def check(headers: Mapping[str, str], body: bytes, most_bytes: int) -> None:
    """Refuse what is too large, and what is not done here.

    Raises:
        ApiError: it is.
    """
    for header in NOT_HERE:
        if headers.get(header):
            raise not_implemented(header)
    if len(body) > most_bytes:
        raise refused(f"Request body is larger than {most_bytes} bytes")


def refused(message: str) -> ApiError:
    """What the runtime calls a request that breaks a rule."""
    return ApiError("ValidationError", message)


def missing(parts: Parts, endpoint: str) -> ApiError:
    """What the runtime says of an endpoint that it does not know, or that does not serve yet."""
    return refused(f"Endpoint {endpoint} of account {parts.config.account} not found.")


def passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that the container gets."""
    sent = {
        "Content-Type": headers.get(TYPE) or headers.get("content-type", BINARY),
        "Accept": headers.get(ACCEPT) or headers.get("accept", "*/*"),
    }
    if custom := headers.get(CUSTOM):
        sent["X-Amzn-SageMaker-Custom-Attributes"] = custom[:LONGEST_ATTRIBUTES]
    if inference := headers.get(INFERENCE_ID):
        sent["X-Amzn-SageMaker-Inference-Id"] = inference
    return sent


def returned(headers: Mapping[str, str], variant: str, content_type: str = "Content-Type") -> dict[str, str]:
    """The headers that the caller gets."""
    said = {
        content_type: headers.get("content-type", BINARY),
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    if custom := headers.get(CUSTOM):
        said["X-Amzn-SageMaker-Custom-Attributes"] = custom
    return said


def exchange(call: Call, answer: Answer) -> Exchange:
    """A call as data capture keeps it."""
    return Exchange(
        call.body,
        passed_on(call.headers)["Content-Type"],
        answer.body,
        answer.headers.get("content-type", BINARY),
        call.headers.get(INFERENCE_ID, ""),
        call.headers.get(CUSTOM, ""),
        call.at,
    )


def measure(parts: Parts, call: Call, status: int, sent: float) -> None:
    """Tell the metrics of one call, answered now; `status` 0 is a container that did not answer."""
    answered = time.perf_counter()
    endpoint, variant, keep = call.endpoint, call.seat.variant, parts.outbox.value
    parts.calls.count(endpoint, variant)
    keep("Invocations", endpoint, variant, 1)
    keep("InvocationsPerInstance", endpoint, variant, round(1 / call.seat.among, 6))
    keep("ModelLatency", endpoint, variant, round((answered - sent) * 1e6, -1))
    keep("OverheadLatency", endpoint, variant, round((sent - call.arrived) * 1e6, -1))
    measure_errors(parts, endpoint, variant, status)


def measure_errors(parts: Parts, endpoint: str, variant: str, status: int) -> None:
    """Tell whether a call was answered with an error."""
    keep = parts.outbox.value
    keep("Invocation4XXErrors", endpoint, variant, int(400 <= status < 500))
    keep("Invocation5XXErrors", endpoint, variant, int(status >= 500 or status == 0))


def model_error(parts: Parts, endpoint: str, answer: Answer) -> ApiError:
    """What a caller hears of a container's error."""
    config = parts.config
    whose = "client" if 400 <= answer.status < 500 else "server"
    said = answer.body.decode(errors="replace")
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    console = (
        f"https://{config.region}.console.aws.amazon.com/cloudwatch/home?region={config.region}"
        f"#logEventViewer:group={group}"
    )
    return ApiError(
        "ModelError",
        f'Received {whose} error ({answer.status}) from primary with message "{said}". '
        f"See {console} in account {config.account} for more information.",
        424,
        OriginalStatusCode=answer.status,
        OriginalMessage=said,
        LogStreamArn=f"arn:aws:logs:{config.region}:{config.account}:log-group:{group}",
    )
