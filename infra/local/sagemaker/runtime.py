"""InvokeEndpoint: the call goes to a container as AWS sends it, and the answer out as AWS says it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import ApiError, not_implemented
from infra.local.sagemaker.wirepool import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.endpoints import Endpoints
    from infra.local.sagemaker.fleet import Instance
    from infra.local.sagemaker.traffic import Traffic

MOST_BYTES = 6 * 1024 * 1024
ANSWER_SECONDS = 60.0
READY_SECONDS = 30.0  # how long a call waits for an endpoint that comes back after a restart
LONGEST_ATTRIBUTES = 1024
CUSTOM = "x-amzn-sagemaker-custom-attributes"
INFERENCE_ID = "x-amzn-sagemaker-inference-id"
VARIANT = "x-amzn-sagemaker-target-variant"
NOT_HERE = (
    "x-amzn-sagemaker-target-model",
    "x-amzn-sagemaker-target-container-hostname",
    "x-amzn-sagemaker-inference-component",
    "x-amzn-sagemaker-session-id",
    "x-amzn-sagemaker-enable-explanations",
)
Response = tuple[int, dict[str, str], bytes]


class Runtime:
    """SageMaker's runtime API."""

    def __init__(self, parts: Parts, endpoints: Endpoints) -> None:
        self.parts = parts
        self._endpoints = endpoints

    async def invoke(self, name: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one InvokeEndpoint; `headers` are in lower case.

        Raises:
            ApiError: ValidationError, ModelError or what is not done here.
        """
        arrived = time.perf_counter()
        for header in NOT_HERE:
            if headers.get(header):
                raise not_implemented(header)
        if len(body) > MOST_BYTES:
            raise _invalid(f"Request body is larger than {MOST_BYTES} bytes")
        traffic = await self._find(name)
        wanted = headers.get(VARIANT, "")
        with traffic.call(wanted) as instance:
            if instance is None:
                raise _invalid(
                    f"Variant {wanted} does not exist on endpoint {name}"
                    if wanted
                    else _missing(self.parts, name)
                )
            return await self._ask(name, instance, headers, body, arrived)

    async def _find(self, name: str) -> Traffic:
        endpoint = self.parts.store.find("endpoint", name)
        traffic = self._endpoints.traffic.get(name)
        if endpoint is None or traffic is None:
            raise _invalid(_missing(self.parts, name))
        if not traffic.ready.is_set():
            if endpoint["EndpointStatus"] != "SystemUpdating":
                raise _invalid(_missing(self.parts, name))
            deadline = time.monotonic() + READY_SECONDS
            while not traffic.ready.is_set() and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
        return traffic

    async def _ask(
        self, name: str, instance: Instance, headers: Mapping[str, str], body: bytes, arrived: float
    ) -> Response:
        sent = time.perf_counter()
        try:
            answer = await asyncio.wait_for(
                instance.pool.post("/invocations", _passed_on(headers), body), ANSWER_SECONDS
            )
        except (TimeoutError, OSError, ValueError, asyncio.IncompleteReadError) as error:
            said = "Your invocation timed out while waiting for a response from container primary."
            if not isinstance(error, TimeoutError):
                said = f"The container primary did not answer: {error}"
            answer = Answer(0, {}, said.encode())
        answered = time.perf_counter()
        self._measure(name, instance.variant, answer.status, (sent - arrived), (answered - sent))
        if not 200 <= answer.status < 300:
            raise self._model_error(name, answer)
        return 200, _returned(answer, instance.variant), answer.body

    def _measure(self, name: str, variant: str, status: int, overhead: float, latency: float) -> None:
        keep = self.parts.outbox.value
        keep("Invocations", name, variant, 1)
        keep("Invocation4XXErrors", name, variant, int(400 <= status < 500))
        keep("Invocation5XXErrors", name, variant, int(status >= 500 or status == 0))
        keep("ModelLatency", name, variant, round(latency * 1e6, -1))
        keep("OverheadLatency", name, variant, round(overhead * 1e6, -1))

    def _model_error(self, name: str, answer: Answer) -> ApiError:
        config = self.parts.config
        whose = "client" if 400 <= answer.status < 500 else "server"
        said = answer.body.decode(errors="replace")
        group = f"/aws/sagemaker/Endpoints/{name}"
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


def _invalid(message: str) -> ApiError:
    return ApiError("ValidationError", message)


def _missing(parts: Parts, name: str) -> str:
    return f"Endpoint {name} of account {parts.config.account} not found."


def _passed_on(headers: Mapping[str, str]) -> dict[str, str]:
    sent = {
        "Content-Type": headers.get("content-type", "application/octet-stream"),
        "Accept": headers.get("accept", "*/*"),
    }
    if custom := headers.get(CUSTOM):
        sent["X-Amzn-SageMaker-Custom-Attributes"] = custom[:LONGEST_ATTRIBUTES]
    if inference := headers.get(INFERENCE_ID):
        sent["X-Amzn-SageMaker-Inference-Id"] = inference
    return sent


def _returned(answer: Answer, variant: str) -> dict[str, str]:
    said = {
        "Content-Type": answer.headers.get("content-type", "application/octet-stream"),
        "x-Amzn-Invoked-Production-Variant": variant,
    }
    if custom := answer.headers.get(CUSTOM):
        said["X-Amzn-SageMaker-Custom-Attributes"] = custom
    return said
