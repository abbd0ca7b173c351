"""SageMaker's wire formats: JSON 1.1 by X-Amz-Target for the control plane, REST for the runtime.

`handle` has the shape of a MiniStack service; `application` makes an ASGI application of it.
"""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from infra.local.sagemaker.faults import ApiError, invalid, not_implemented
from infra.local.sagemaker.runtime import Response, Stream

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Backend

JSON = "application/x-amz-json-1.1"
SCALING_TARGET = "AnyScaleFrontendService"  # of Application Auto Scaling
_INVOCATIONS = {
    "invocations": "InvokeEndpoint",
    "invocations-response-stream": "InvokeEndpointWithResponseStream",
    "async-invocations": "InvokeEndpointAsync",
}
_INVOCATION = re.compile(rf"/endpoints/([^/]+)/({'|'.join(_INVOCATIONS)})")


async def handle(
    backend: Backend, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> Response:
    """Answer one request; `headers` are in lower case."""
    try:
        if found := _INVOCATION.fullmatch(path):
            if method != "POST":
                raise not_implemented(f"{method} {path}")
            invoke = backend.invocations[_INVOCATIONS[found[2]]]
            return await invoke(unquote(found[1]), headers, body)
        service, _, operation = headers.get("x-amz-target", "").rpartition(".")
        answer = backend.scaling.call if service == SCALING_TARGET else backend.call
        said = await asyncio.to_thread(_call, answer, operation, body)
    except ApiError as error:
        return (
            error.status,
            {"Content-Type": JSON, "x-amzn-ErrorType": error.code},
            json.dumps(error.body()).encode(),
        )
    return 200, {"Content-Type": JSON}, json.dumps(said).encode()


def _call(answer: Callable[[str, Any], Any], operation: str, body: bytes) -> Any:
    try:
        request = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("SerializationException", f"The request is no JSON: {error}") from error
    if not isinstance(request, dict):
        raise invalid("The request is no JSON object")
    return answer(operation, request)


Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


def application(
    backend: Backend, on_stop: Callable[[], None]
) -> Callable[[Any, Receive, Send], Awaitable[None]]:
    """An ASGI application that serves `backend` alone and calls `on_stop` at its end."""

    async def app(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await asyncio.to_thread(on_stop)
            await send({"type": "lifespan.shutdown.complete"})
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        status, said, answer = await handle(backend, scope["method"], scope["path"], headers, body)
        said |= {"x-amzn-RequestId": str(uuid.uuid4())}
        if not isinstance(answer, Stream):
            said |= {"Content-Length": str(len(answer))}
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in said.items()]
        await send({"type": "http.response.start", "status": status, "headers": lines})
        if isinstance(answer, Stream):
            await send_stream(answer, send)
        else:
            await send({"type": "http.response.body", "body": answer})

    return app


async def send_stream(stream: Stream, send: Send) -> None:
    """Send the body of an answer as it comes."""
    try:
        async for frame in stream.frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
    finally:
        stream.close()
