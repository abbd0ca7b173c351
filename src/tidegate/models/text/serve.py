"""Serve a model of text on SageMaker's contract: whole answers, and such that come while they are written.

`"stream": true` is answered in chunks of JSON lines, `{"text": …}` and last `{"ended": …}`; SageMaker passes
each on as it comes (InvokeEndpointWithResponseStream).
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from tidegate import find
from tidegate.models.answer import Rejected
from tidegate.models.serve import BREAKS_THE_CONTRACT, identity_of, live, read, say
from tidegate.models.text.answer import LARGEST_BODY, TextAnswerer, contract_of
from tidegate.models.text.declare import TextModel
from tidegate.models.text.recording import TextRecording, personal_of
from tidegate.models.text.writer import Writer
from tidegate.models.text.writing import CUT_OFF, Writing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.models.capturing import Capturing
    from tidegate.models.declare import Model
    from tidegate.models.measuring import Measuring
    from tidegate.models.onnx_model import OnnxModel
    from tidegate.models.serve import Message, Receive, Send

LINES = b"application/jsonlines"


def text_endpoint(
    model: Model, onnx: OnnxModel, version: int, capturing: Capturing, measuring: Measuring
) -> TextEndpoint:
    """What answers for a model of text."""
    assert isinstance(model, TextModel), "its card is one of text"
    recording = TextRecording(
        capturing,
        measuring,
        version=version,
        features=(),
        personal=personal_of(model, find.dataset(model.request)),
        sampled=model.sampled,
    )
    answerer = TextAnswerer(model=model, version=version, writer=Writer(onnx), contract=contract_of(model))
    return TextEndpoint(answerer, recording)


class TextEndpoint:
    """The ASGI application of one model version."""

    def __init__(self, answerer: TextAnswerer, recording: TextRecording) -> None:
        self._answerer, self._recording = answerer, recording

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, or the server's word that it starts or ends."""
        if scope["type"] == "lifespan":
            await live(self._recording, receive, send)
        elif scope["type"] == "http":
            try:
                await self._respond(scope, receive, send)
            except Rejected as error:
                if error.status == BREAKS_THE_CONTRACT:
                    self._recording.refused()
                await say(send, error.status, orjson.dumps(error.body))

    async def _respond(self, scope: Message, receive: Receive, send: Send) -> None:
        route = (scope["method"], scope["path"])
        if route == ("GET", "/ping"):
            await say(send, 200, b"")
        elif route == ("POST", "/invocations"):
            identity = identity_of(scope["headers"])
            body = await read(receive, LARGEST_BODY, "Send a shorter prompt")
            asked = await asyncio.to_thread(self._answerer.read, body)
            if asked is None:
                await say(send, 200, orjson.dumps(self._answerer.described()))
            else:
                await self._write(self._answerer.begins(asked, identity), receive, send)
        else:
            raise Rejected(404, "there is no such path", "Use GET /ping and POST /invocations")

    async def _write(self, writing: Writing, receive: Receive, send: Send) -> None:
        with self._remembered(writing):
            if writing.asked.stream:
                await self._stream(writing, receive, send)
            else:
                told = await asyncio.to_thread(self._answerer.whole, writing)
                await say(send, 200, orjson.dumps(told))

    async def _stream(self, writing: Writing, receive: Receive, send: Send) -> None:
        """Send each piece as it is written, until there are no more, or nobody reads them."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", LINES)]})
        pieces, left = self._answerer.pieces(writing), asyncio.ensure_future(receive())
        try:
            while (piece := await asyncio.to_thread(_next, pieces)) is not None:
                if left.done() and left.result()["type"] == "http.disconnect":
                    raise ConnectionAbortedError
                body = orjson.dumps(piece, option=orjson.OPT_APPEND_NEWLINE)
                await send({"type": "http.response.body", "body": body, "more_body": True})
                if "text" in piece:
                    writing.sent(self._answerer.clock())
        finally:
            left.cancel()
        await send({"type": "http.response.body", "body": b""})

    @contextmanager
    def _remembered(self, writing: Writing) -> Iterator[None]:
        """However it ends: a text that nobody waits for any more is cut off, and the server goes on."""
        try:
            yield
        except asyncio.CancelledError:
            writing.ended = CUT_OFF
            raise
        except ConnectionError:
            writing.ended = CUT_OFF
        finally:
            self._recording.wrote(writing)


def _next(pieces: Iterator[dict[str, Any]]) -> dict[str, Any] | None:
    return next(pieces, None)
