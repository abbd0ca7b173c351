"""Serve a model on SageMaker's contract: `GET /ping` and `POST /invocations`, plain ASGI on uvicorn."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from os import urandom
from typing import TYPE_CHECKING, Any

import orjson

from tidegate.errors import Transient
from tidegate.models.answer import LARGEST_BODY, Rejected

if TYPE_CHECKING:
    from tidegate.models.answer import Answer, Answerer
    from tidegate.models.recording import Recording

log = logging.getLogger(__name__)
INFERENCE_ID = b"x-amzn-sagemaker-inference-id"
BREAKS_THE_CONTRACT = 422
LONGEST_ID = 64  # SageMaker's own limit

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Sequence[tuple[bytes, bytes]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


class Endpoint:
    """The ASGI application of one model version."""

    def __init__(self, answerer: Answerer, recording: Recording) -> None:
        self._answerer, self._recording = answerer, recording

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's word that it starts or ends."""
        if scope["type"] == "http":
            await self._respond(scope, receive, send)
        elif scope["type"] == "lifespan":
            await live(self._recording, receive, send)

    def at_once(self, headers: Headers, body: bytes) -> Answer | None:
        """The answer to `POST /invocations`, where it is a good one that needs no waiting.

        Raises:
            Rejected: the request is no JSON, or too large, or its name is none.
        """
        return self._answerer.at_once(body, identity_of(headers))

    def answered(self, answer: Answer) -> None:
        """Remember an answer that was sent."""
        self._recording.answered(answer)

    async def _respond(self, scope: Message, receive: Receive, send: Send) -> None:
        answer = None
        try:
            answer = await self._route(scope, receive)
            status, body = 200, answer.body if answer else None
        except Rejected as error:
            status, body = error.status, error.body
            if status == BREAKS_THE_CONTRACT:
                self._recording.refused()
        except Transient as error:
            log.warning("%s", error)  # the answer does not say why: it goes to whoever asked
            told = {"where": error.where, "what": "it cannot be read now", "next_step": error.next_step}
            status, body = 503, {"error": told}
        await say(send, status, orjson.dumps(body) if body is not None else b"")
        if answer:
            self._recording.answered(answer)

    async def _route(self, scope: Message, receive: Receive) -> Answer | None:
        method, path = scope["method"], scope["path"]
        if path == "/ping" and method == "GET":
            return None
        if path == "/invocations" and method == "POST":
            identity = identity_of(scope["headers"])
            body = await read(receive, LARGEST_BODY, "Send fewer rows at once")
            if answer := self._answerer.at_once(body, identity):
                return answer
            return await asyncio.to_thread(self._answerer.answer, body, identity)
        known = "GET /ping and POST /invocations"
        if path in ("/ping", "/invocations"):
            raise Rejected(405, f"{path} does not take this method", f"Use {known}")
        raise Rejected(404, "there is no such path", f"Use {known}")


async def live(recording: Recording, receive: Receive, send: Send) -> None:
    """Begin and end as the server does: what is remembered is written down before the end."""
    while True:
        said = (await receive())["type"]
        if said == "lifespan.startup":
            recording.start()
        else:
            await asyncio.to_thread(recording.close)
        await send({"type": f"{said}.complete"})
        if said == "lifespan.shutdown":
            return


def identity_of(headers: Headers) -> str:
    """What the caller calls the request (SageMaker's InferenceId), or a name of our own."""
    for name, value in headers:
        if name == INFERENCE_ID and value:
            given: str = value.decode("latin-1")
            if len(given) > LONGEST_ID or not given.isascii() or not given.isprintable():
                said = f"its inference id is not {LONGEST_ID} printable ASCII characters at most"
                raise Rejected(400, said, "Send another, or none")
            return given
    return next(_NAMES)


def _names() -> Iterator[str]:
    """Random names; to ask the system for many at once costs little more than to ask for one."""
    while True:
        many = urandom(4096).hex()
        yield from (many[start : start + 32] for start in range(0, len(many), 32))


_NAMES = _names()


async def read(receive: Receive, largest: int, next_step: str) -> bytes:
    """The body of a request.

    Raises:
        Rejected: it is larger than that.
    """
    body, more = bytearray(), True
    while more:
        message = await receive()
        part: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) + len(part) > largest:
            raise Rejected(413, f"it is larger than {largest} bytes", next_step)
        if not body and not more:
            return part
        body += part
    return bytes(body)


async def say(send: Send, status: int, body: bytes) -> None:
    """Send a whole answer."""
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve(endpoint: Application, host: str, port: int) -> None:
    """Answer until the process is told to stop."""
    import uvicorn

    from tidegate.models.short_way import speaking

    http = speaking(endpoint) if isinstance(endpoint, Endpoint) else "httptools"
    uvicorn.run(
        endpoint, host=host, port=port, http=http, lifespan="on", log_level="warning", access_log=False
    )
