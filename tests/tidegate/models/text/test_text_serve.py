"""An endpoint of text keeps its bounds, says what breaks its contract, and sends what is written so far."""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

import pytest

from tests.tidegate.models.text.step_graph import pairs, text_model
from tidegate.models.capturing import Capturing
from tidegate.models.measuring import Measuring
from tidegate.models.text.answer import TextAnswerer, contract_of
from tidegate.models.text.recording import TextRecording
from tidegate.models.text.serve import TextEndpoint

ENDLESS = ("ab" * 300,)


def answerer(**more: Any) -> TextAnswerer:
    model = text_model(longest_prompt=10, longest_answer=200)
    return TextAnswerer(
        model=model, version=3, writer=pairs(ENDLESS, 1e-6), contract=contract_of(model), **more
    )


def call(told: Any, method: str = "POST", path: str = "/invocations", **more: Any) -> list[dict[str, Any]]:
    """The messages that the endpoint sends in answer to one request."""
    sent: list[dict[str, Any]] = []
    body = told if isinstance(told, bytes) else json.dumps(told).encode()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {"type": "http", "method": method, "path": path, "headers": []}
    asyncio.run(TextEndpoint(answerer(**more), remembering({}))(scope, receive, send))
    return sent


def remembering(written: dict[str, bytes], said: list[str] | None = None, **more: Any) -> TextRecording:
    """Remembers into a dictionary and a list."""
    capturing = Capturing(written.__setitem__, "words", 3)
    measuring = Measuring({}, capturing.tallied, write=(said if said is not None else []).append)
    told = {"version": 3, "features": (), "personal": frozenset(), "sampled": 1.0}
    return TextRecording(capturing, measuring, **{**told, **more})


def answer(told: Any, **more: Any) -> tuple[int, Any]:
    start, *rest = call(told, **more)
    body = b"".join(message.get("body", b"") for message in rest)
    return start["status"], json.loads(body) if body else None


def test_an_answer_is_the_text_and_why_it_ended() -> None:
    status, told = answer({"prompt": "ab", "longest": 5})
    assert (status, told["text"], told["ended"]) == (200, "ababa", "length")
    assert (told["model"], told["version"], told["bytes"]) == ("words", 3, 5)


def test_a_stream_sends_each_piece_as_a_line_before_the_next_one_is_written() -> None:
    start, *rest = call({"prompt": "ab", "longest": 40, "stream": True})
    assert (b"content-type", b"application/jsonlines") in start["headers"]
    lines = [json.loads(message["body"]) for message in rest if message["body"]]
    assert [len(line.get("text", "")) for line in lines] == [16, 16, 8, 0]
    assert lines[-1] == {"ended": "length", "bytes": 40}
    assert [message.get("more_body", False) for message in rest] == [True] * 4 + [False]


def test_an_answer_that_takes_too_long_is_given_as_far_as_it_came() -> None:
    ticks = itertools.count(step=1.0)
    _, told = answer({"prompt": "ab", "longest": 200}, clock=lambda: next(ticks))
    assert told["ended"] == "time"
    assert told["bytes"] == len(told["text"]) == 11


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        ({"prompt": "x" * 11}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({"prompt": "", "longest": 201}, "longest"),
        ({"prompt": "", "longest": 0}, "longest"),
        ({"prompt": "", "temperature": -1}, "temperature"),
        ({"prompt": "", "temperature": "hot"}, "temperature"),
        ({"prompt": "", "seed": -1}, "seed"),
        ({"prompt": "", "stream": "yes"}, "stream"),
        ({"prompt": "", "top_k": 1}, "top_k"),
    ],
)
def test_what_breaks_the_contract_is_named(asked: dict[str, Any], column: str) -> None:
    status, told = answer(asked)
    assert (status, [row["column"] for row in told["error"]["rows"]]) == (422, [column])


@pytest.mark.parametrize("body", [b"{", b"[]", b'"prompt"'])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    assert answer(body)[0] == 400


def test_a_body_that_is_too_large_is_refused() -> None:
    assert answer(b"x" * 100_001)[0] == 413


def test_it_describes_itself_and_is_healthy() -> None:
    assert answer({"describe": True})[1]["sha256"] == "0" * 64
    assert answer(b"", method="GET", path="/ping") == (200, None)
    assert answer(b"", method="GET", path="/secrets")[0] == 404
