"""Serve a model of text on SageMaker's contract: whole answers, and such that come while they are written.

`"stream": true` is answered in chunks of JSON lines, `{"text": …}` and last `{"ended": …}`; SageMaker passes
each on as it comes (InvokeEndpointWithResponseStream).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson

from tidegate import find
from tidegate.models.answer import Rejected
from tidegate.models.text.answer import LARGEST_BODY, Asked, TextAnswerer, contract_of
from tidegate.models.text.declare import TextModel
from tidegate.models.text.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.models.onnx_model import OnnxModel
    from tidegate.models.serve import Message, Receive, Send

JSON, LINES = b"application/json", b"application/jsonlines"


def text_endpoint(onnx: OnnxModel, version: int) -> TextEndpoint:
    """What answers for a model of text."""
    model = find.model(onnx.card["model"])
    assert isinstance(model, TextModel), "its card is one of text"
    return TextEndpoint(
        TextAnswerer(model=model, version=version, writer=Writer(onnx), contract=contract_of(model))
    )


class TextEndpoint:
    """The ASGI application of one model version."""

    def __init__(self, answerer: TextAnswerer) -> None:
        self._answerer = answerer

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's word that it starts or ends."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            try:
                await self._respond((scope["method"], scope["path"]), receive, send)
            except Rejected as error:
                await _say(send, error.status, error.body)

    async def _respond(self, route: tuple[str, str], receive: Receive, send: Send) -> None:
        if route == ("GET", "/ping"):
            await _say(send, 200, None)
        elif route == ("POST", "/invocations"):
            asked = await asyncio.to_thread(self._answerer.read, await _read(receive))
            if asked is None:
                await _say(send, 200, self._answerer.described())
            elif asked.stream:
                await self._stream(asked, send)
            else:
                await _say(send, 200, await asyncio.to_thread(self._answerer.whole, asked))
        else:
            raise Rejected(404, "there is no such path", "Use GET /ping and POST /invocations")

    async def _stream(self, asked: Asked, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES)]})
        pieces = self._answerer.pieces(asked)
        while (piece := await asyncio.to_thread(_next, pieces)) is not None:
            body = orjson.dumps(piece, option=orjson.OPT_APPEND_NEWLINE)
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _next(pieces: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
    return next(pieces, None)


async def _live(receive: Receive, send: Send) -> None:
    said = ""
    while said != "lifespan.shutdown":
        said = (await receive())["type"]
        await send({"type": f"{said}.complete"})


async def _read(receive: Receive) -> bytes:
    body, more = bytearray(), True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise Rejected(413, f"it is larger than {LARGEST_BODY} bytes", "Send a shorter prompt")
        more = message.get("more_body", False)
    return bytes(body)


async def _say(send: Send, status: int, told: dict[str, Any] | None) -> None:
    body = b"" if told is None else orjson.dumps(told)
    headers = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
