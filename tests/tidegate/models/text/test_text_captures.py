"""What an endpoint of text answered is captured and counted when it ends, however it ends."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.functions.world import rooms
from tests.tidegate.models.text.step_graph import WORDS, pairs, text_model
from tests.tidegate.models.text.test_text_serve import answerer, remembering
from tidegate import find
from tidegate.models import captures
from tidegate.models.text.answer import contract_of
from tidegate.models.text.recording import MOST_KEPT, personal_of
from tidegate.models.text.serve import TextEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tidegate.models.text.answer import TextAnswerer

Sent = list[dict[str, Any]]
ASKED = {"prompt": "ab", "longest": 40, "temperature": 0, "seed": 5, "stream": False}


class Breaking:
    """A writer that fails after so many bytes."""

    def __init__(self, whole: Any, after: int) -> None:
        self._whole, self._after = whole, after

    def choices(self, prompt: bytes, **more: Any) -> Iterator[tuple[int, float]]:
        """The first bytes, and then a fault."""
        yield from itertools.islice(self._whole.choices(prompt, **more), self._after)
        raise RuntimeError("the graph broke")


def send_to(
    endpoint: TextEndpoint, told: dict[str, Any], leaves: Callable[[Sent], bool] = lambda _sent: False
) -> Sent:
    """Ask as a web server would, for somebody who leaves when `leaves` says so of what was sent."""
    messages = iter([{"type": "http.request", "body": json.dumps(told).encode()}])
    sent: Sent = []

    async def receive() -> dict[str, Any]:
        if message := next(messages, None):
            return message
        while not leaves(sent):
            await asyncio.sleep(0.001)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))
        if leaves(sent):
            await asyncio.sleep(0.05)  # the server hears of it

    headers = [(b"x-amzn-sagemaker-inference-id", b"text-7")]
    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": headers}
    asyncio.run(endpoint(scope, receive, send))
    return sent


def asked(
    told: dict[str, Any], by: TextAnswerer | None = None, error: type[Exception] | None = None, **more: Any
) -> tuple[Sent, list[dict[str, Any]], dict[str, Any]]:
    """What was sent, the lines that were captured, and the metrics."""
    leaves = more.pop("leaves", lambda _sent: False)
    written: dict[str, bytes] = {}
    said: list[str] = []
    remembers = remembering(written, said, **more)
    sent: Sent = []
    endpoint = TextEndpoint(by or answerer(), remembers)
    if error:
        with pytest.raises(error):
            send_to(endpoint, told, leaves)
    else:
        sent = send_to(endpoint, told, leaves)
    remembers.start()
    remembers.close()
    lines = [line for body in written.values() for line in captures.read(body)]
    return sent, lines, json.loads(said[0]) if said else {}


def test_an_answer_is_one_line_that_has_its_id_what_was_asked_what_was_written_and_its_score() -> None:
    (_, body), (line,), metrics = asked(ASKED)
    told = json.loads(body["body"])
    assert told["id"] == line["id"] == "text-7"
    assert (line["n"], line["version"], line["row"], line["features"]) == (0, 3, ASKED, {})
    assert (line["text"], line["ended"], line["bytes"]) == (told["text"], "length", 40)
    assert (metrics["Predictions"], metrics["CapturedRows"], metrics["LostCaptures"]) == (1, 1, 0)
    assert metrics["Score"] == [line["score"]]
    assert "Pieces" not in metrics


def test_the_score_is_minus_the_logarithm_of_the_perplexity_of_what_was_written() -> None:
    ending = replace(answerer(), writer=pairs(WORDS, 1e-6))
    _, (line,), _ = asked({"prompt": "", "temperature": 1.5, "seed": 4}, ending)
    assert (line["ended"], line["row"]["longest"]) == ("end", 200)
    loss = float(ending.writer.losses([line["text"]])[0])
    assert line["score"] == pytest.approx(-loss / (line["bytes"] + 1), abs=1e-5)


def test_a_stream_is_captured_when_it_ends_and_its_first_line_has_the_id() -> None:
    ticks = itertools.count(step=0.125)
    by = answerer(clock=lambda: next(ticks))
    (_, *rest), (line,), metrics = asked({**ASKED, "stream": True}, by)
    lines = [json.loads(message["body"]) for message in rest if message["body"]]
    assert [one.get("id") for one in lines] == ["text-7", None, None, None]
    assert line["text"] == "".join(one.get("text", "") for one in lines)
    assert (line["id"], line["ended"], line["bytes"]) == ("text-7", "length", 40)
    assert (metrics["Pieces"], metrics["Predictions"]) == (3, 1)
    assert metrics["FirstPiece"] == [17 * 125]  # 16 bytes and the sending


def test_a_stream_that_nobody_reads_any_more_is_not_written_on_and_captured_as_far_as_it_came() -> None:
    stream = {**ASKED, "longest": 200, "stream": True}
    (_, *rest), (line,), metrics = asked(stream, leaves=lambda sent: len(sent) > 2)
    assert len(rest) == 2
    assert line["ended"] == "cut off"
    assert (len(line["text"]), line["bytes"]) == (48, 48)  # one piece more was on its way
    assert line["score"] < 0
    assert (metrics["UnfinishedAnswers"], metrics["Predictions"], metrics["Pieces"]) == (1, 0, 2)


@pytest.mark.parametrize(("stream", "pieces"), [(True, 1), (False, None)])
def test_an_answer_that_fails_midway_is_captured_as_failed_and_the_fault_is_not_hidden(
    stream: bool, pieces: int | None
) -> None:
    broken: Any = Breaking(answerer().writer, after=20)
    by = replace(answerer(), writer=broken)
    _, (line,), metrics = asked({**ASKED, "stream": stream}, by, RuntimeError)
    assert (line["ended"], line["bytes"], len(line["text"])) == ("failed", 20, 20)
    assert (metrics["UnfinishedAnswers"], metrics.get("Pieces")) == (1, pieces)


def test_an_answer_of_which_nothing_was_written_has_no_score() -> None:
    broken: Any = Breaking(answerer().writer, after=0)
    _, (line,), metrics = asked(ASKED, replace(answerer(), writer=broken), RuntimeError)
    assert (line["score"], line["text"], line["ended"]) == (None, "", "failed")
    assert "Score" not in metrics


def test_a_server_that_ends_in_the_midst_of_a_stream_leaves_it_cut_off() -> None:
    written: dict[str, bytes] = {}
    remembers = remembering(written)
    endpoint = TextEndpoint(answerer(), remembers)

    async def interrupted() -> None:
        begun = asyncio.Event()
        message = {"type": "http.request", "body": json.dumps({**ASKED, "stream": True}).encode()}
        messages = iter([message])

        async def receive() -> dict[str, Any]:
            if found := next(messages, None):
                return found
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            if message.get("body"):
                begun.set()
                await asyncio.Event().wait()

        scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": []}
        task = asyncio.ensure_future(endpoint(scope, receive, send))
        await begun.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    asyncio.run(interrupted())
    remembers.start()
    remembers.close()
    (line,) = [one for body in written.values() for one in captures.read(body)]
    assert (line["ended"], line["bytes"]) == ("cut off", 16)


def test_what_is_kept_of_a_text_is_bounded_and_its_length_told() -> None:
    model = text_model(longest_answer=2 * MOST_KEPT)
    by = replace(answerer(), model=model, contract=contract_of(model))
    _, (line,), _ = asked({**ASKED, "longest": MOST_KEPT + 1}, by)
    assert (len(line["text"]), line["bytes"]) == (MOST_KEPT, MOST_KEPT + 1)


def test_who_learned_from_a_personal_column_keeps_neither_prompts_nor_texts() -> None:
    with rooms():
        trips = find.dataset("trips")
    model = text_model(column="rider")
    assert personal_of(model, trips) == {"prompt", "text"}
    assert personal_of(text_model(column="name"), find.dataset("airports")) == frozenset()
    _, (line,), _ = asked(ASKED, personal=personal_of(model, trips))
    assert line["row"] == {name: value for name, value in ASKED.items() if name != "prompt"}
    assert (line.get("text"), line["bytes"], line["ended"]) == (None, 40, "length")


def test_the_declared_share_is_captured_and_every_answer_counted() -> None:
    _, lines, metrics = asked(ASKED, sampled=0.5, chance=lambda: 0.7)
    assert (lines, metrics["Predictions"]) == ([], 1)


def test_refusals_are_counted_and_neither_they_nor_descriptions_are_captured() -> None:
    _, lines, metrics = asked({"prompt": "x" * 11})
    assert (lines, metrics["RefusedRequests"], metrics["Predictions"]) == ([], 1, 0)
    assert asked({"describe": True})[1:] == ([], {})
