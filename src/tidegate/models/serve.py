"""Serve a model on SageMaker's contract: `GET /ping` and `POST /invocations`, plain ASGI on uvicorn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import orjson

from tidegate.errors import Transient
from tidegate.models.answer import LARGEST_BODY, Rejected

if TYPE_CHECKING:
    from tidegate.models.answer import Answerer

log = logging.getLogger(__name__)
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Endpoint:
    """The ASGI application of one model version."""

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; uvicorn's lifespan messages are not ours."""
        if scope["type"] != "http":
            return
        try:
            status, body = 200, await self._route(scope["method"], scope["path"], receive)
        except Rejected as error:
            status, body = error.status, error.body
        except Transient as error:
            log.warning("%s", error)  # the answer does not say why: it goes to whoever asked
            told = {"where": error.where, "what": "it cannot be read now", "next_step": error.next_step}
            status, body = 503, {"error": told}
        await _send(send, status, orjson.dumps(body) if body is not None else b"")

    async def _route(self, method: str, path: str, receive: Receive) -> dict[str, Any] | None:
        if path == "/ping" and method == "GET":
            return None
        if path == "/invocations" and method == "POST":
            return await asyncio.to_thread(self._answerer.answer, await _read(receive))
        known = "GET /ping and POST /invocations"
        if path in ("/ping", "/invocations"):
            raise Rejected(405, f"{path} does not take this method", f"Use {known}")
        raise Rejected(404, "there is no such path", f"Use {known}")


async def _read(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise Rejected(413, f"it is larger than {LARGEST_BODY} bytes", "Send fewer rows at once")
        more = message.get("more_body", False)
    return bytes(body)


async def _send(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(answerer: Answerer, host: str, port: int) -> None:
    """Answer until the process is told to stop."""
    import uvicorn

    uvicorn.run(
        Endpoint(answerer), host=host, port=port, lifespan="off", log_level="warning", access_log=False
    )
