"""Whatever is sent to an endpoint, its answer is JSON, and a caller's fault is never a server's."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.pipelines import real
from tests.tidegate.models.test_gating import RUN
from tidegate import find
from tidegate.contract.compile import plan_of
from tidegate.contract.requests import check_rows
from tidegate.contract.straight.rows import straight
from tidegate.errors import Transient
from tidegate.models.answer import LARGEST_BODY, Answerer
from tidegate.models.captures import read
from tidegate.models.capturing import Capturing
from tidegate.models.measuring import Measuring
from tidegate.models.onnx_model import load
from tidegate.models.recording import Recording
from tidegate.models.serve import Endpoint
from tidegate.models.snapshot import known_columns
from tidegate.models.train import Material, train

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = find.model("flight_delay")
CONTRACT = find.dataset("flights")
COLUMNS = CONTRACT.known_by(MODEL.known_by)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    rows = real.flights().sample(4000, seed=1)
    known = tuple(known_columns(MODEL, CONTRACT))
    folder = tmp_path_factory.mktemp("model")
    train(MODEL, RUN, Material(rows=rows, lookups=real.lookups(), known=known, sources={}), folder)
    return Answerer(
        model=MODEL,
        version=1,
        onnx=load(folder),
        check=lambda rows: check_rows(rows, CONTRACT, COLUMNS),
        fetch=lambda _keys: real.lookups(),
        typed=straight(plan_of(CONTRACT).only(COLUMNS), dict.fromkeys(load(folder).card["columns"])),
    )


@pytest.fixture(scope="module")
def endpoint(answerer: Answerer) -> Endpoint:
    return Endpoint(answerer, recording({}))


def recording(
    written: dict[str, bytes],
    features: Sequence[str] = (),
    personal: frozenset[str] = frozenset(),
    said: list[str] | None = None,
) -> Recording:
    """Remembers into a dictionary and a list."""
    capturing = Capturing(written.__setitem__, MODEL.name, 1)
    measuring = Measuring({}, capturing.tallied, write=(said if said is not None else []).append)
    return Recording(capturing, measuring, version=1, features=features, personal=personal, sampled=1)


def good_row() -> dict[str, Any]:
    row = real.flights().select(COLUMNS).row(7, named=True)
    told: dict[str, Any] = json.loads(json.dumps(row, default=lambda at: at.isoformat()))
    return told


def ask(
    endpoint: Endpoint, body: bytes, pieces: int = 1, headers: Sequence[tuple[bytes, bytes]] = ()
) -> tuple[int, dict[str, Any]]:
    """Send a body in so many pieces, as a web server would."""
    step = max(1, -(-len(body) // pieces))
    parts = [body[start : start + step] for start in range(0, len(body), step)] or [b""]
    messages = iter(
        [{"type": "http.request", "body": part, "more_body": part is not parts[-1]} for part in parts]
    )
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/invocations", "headers": headers}
    asyncio.run(endpoint(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_a_good_row_is_answered_with_model_and_version(endpoint: Endpoint) -> None:
    status, answer = ask(endpoint, json.dumps({"rows": [good_row()]}).encode(), pieces=5)
    assert status == 200
    assert (answer["model"], answer["version"]) == ("flight_delay", 1)
    assert 0 < answer["predictions"][0]["score"] < 1


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=st.binary(max_size=200) | st.text().map(lambda text: text.encode("utf-8", "replace")))
@example(body=b"")
@example(body=b"null")
@example(body=b'{"rows": []}')
@example(body=b'{"rows": [1]}')
@example(body=b'{"rows": {}}')
@example(body=b'{"a": NaN}')
@example(body=b"[" * 5000)
@example(body=b'{"rows":' * 600)
@example(body=b'{"describe": false}')
def test_junk_is_the_callers_fault(endpoint: Endpoint, body: bytes) -> None:
    status, answer = ask(endpoint, body)
    assert 400 <= status < 500
    assert set(answer["error"]) == {"where", "what", "next_step", "rows"}


def test_a_value_as_deep_as_json_may_be_is_the_callers_fault(endpoint: Endpoint) -> None:
    """An error of ours would ring the alarm that takes a roll-out back."""
    for depth in (100, 500, 1020):
        value = "[" * depth + "]" * depth
        body = json.dumps({**good_row(), "carrier": "deep"}).replace('"deep"', value)
        assert ask(endpoint, body.encode())[0] in (400, 422)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "x"]), ANY_JSON), min_size=1, max_size=3))
def test_rows_of_anything_are_the_callers_fault(endpoint: Endpoint, rows: list[dict[str, Any]]) -> None:
    assert ask(endpoint, json.dumps({"rows": rows}).encode())[0] in (400, 422)


def good_rows(count: int) -> list[dict[str, Any]]:
    rows = real.flights().filter(pl.col("tailnum").is_not_null()).sample(count, seed=3).select(COLUMNS)
    told: list[dict[str, Any]] = json.loads(
        json.dumps(rows.rows(named=True), default=lambda at: at.isoformat())
    )
    return told


def test_rows_judged_one_by_one_are_answered_as_by_the_compiled_contract(answerer: Answerer) -> None:
    rows = good_rows(400)
    rows[5] = {**rows[5], "tailnum": None}
    body = json.dumps({"rows": rows}).encode()
    asked: list[Any] = []
    by_frames = replace(answerer, typed=None, check=lambda rows: asked.append(rows) or answerer.check(rows))
    unasked = replace(answerer, check=lambda rows: pytest.fail("the compiled contract was asked"))
    quick, slow = unasked.answer(body, "a"), by_frames.answer(body, "a")
    assert len(asked) == 1
    assert quick.body == slow.body
    assert np.array_equal(cast(Any, quick.features), cast(Any, slow.features), equal_nan=True)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(column=st.sampled_from(COLUMNS), value=ANY_JSON)
@example(column="day", value=31)
@example(column="year", value=10**30)
@example(column="distance", value=-(2**63))
@example(column="time_hour", value="9999-12-31T23:59:59Z")
@example(column="time_hour", value="0001-01-01T00:00:00Z")
@example(column="tailnum", value=None)
@example(column="tailnum", value="N1234567890")
@example(column="minute", value=-1)
def test_one_value_of_anything_is_answered_or_named(endpoint: Endpoint, column: str, value: Any) -> None:
    status, answer = ask(endpoint, json.dumps({**good_row(), column: value}).encode())
    assert status in (200, 400, 422)
    if status == 422:
        assert answer["error"]["rows"]


def test_a_body_that_never_ends_is_cut_off(endpoint: Endpoint) -> None:
    assert ask(endpoint, b" " * (LARGEST_BODY + 1), pieces=50)[0] == 413


def test_a_lookup_table_that_cannot_be_read_is_told_as_a_fault_of_ours_without_its_inside(
    answerer: Answerer,
) -> None:
    def fetch(_keys: Any) -> Any:
        raise Transient("the lookup table", "secret inside", "Try again shortly")

    broken = Answerer(**{**vars(answerer), "fetch": fetch})
    status, answer = ask(Endpoint(broken, recording({})), json.dumps(good_row()).encode())
    assert status == 503
    assert "secret" not in json.dumps(answer)


def test_a_request_keeps_the_name_that_its_caller_gave_it(endpoint: Endpoint) -> None:
    body = json.dumps(good_row()).encode()
    named = [(b"x-amzn-sagemaker-inference-id", b"order-7")]
    assert ask(endpoint, body, headers=named)[1]["id"] == "order-7"
    assert ask(endpoint, body)[1]["id"] != ask(endpoint, body)[1]["id"]


@pytest.mark.parametrize("name", [b"x" * 65, b"\xff", b"a\x00b"])
def test_a_name_that_sagemaker_would_not_take_is_refused(endpoint: Endpoint, name: bytes) -> None:
    headers = [(b"x-amzn-sagemaker-inference-id", name)]
    assert ask(endpoint, json.dumps(good_row()).encode(), headers=headers)[0] == 400


def test_what_is_captured_is_the_request_and_what_the_model_saw_less_what_is_personal(
    answerer: Answerer,
) -> None:
    written: dict[str, bytes] = {}
    remembers = recording(written, answerer.onnx.features, frozenset({"tailnum", "distance"}))
    rows = [good_row(), good_row()]
    answer = ask(Endpoint(answerer, remembers), json.dumps({"rows": rows}).encode())[1]
    remembers.start()
    remembers.close()
    (kept,) = written.values()
    lines = list(read(kept))
    assert [(line["id"], line["n"]) for line in lines] == [(answer["id"], 0), (answer["id"], 1)]
    assert [line["score"] for line in lines] == [one["score"] for one in answer["predictions"]]
    assert lines[0]["row"].keys() == rows[0].keys() - {"tailnum", "distance"}
    assert lines[0]["features"].keys() == set(answerer.onnx.features) - {"distance"}
    assert lines[0]["features"]["minute_of_day"] == rows[0]["hour"] * 60 + rows[0]["minute"]
    assert rows[0]["tailnum"].encode() not in kept


def test_refused_requests_and_descriptions_are_not_captured(answerer: Answerer) -> None:
    written: dict[str, bytes] = {}
    said: list[str] = []
    remembers = recording(written, said=said)
    endpoint = Endpoint(answerer, remembers)
    assert ask(endpoint, b'{"describe": true}')[0] == 200
    assert ask(endpoint, b"junk")[0] == 400
    assert ask(endpoint, json.dumps({**good_row(), "origin": "XXX"}).encode())[0] == 422
    remembers.start()
    remembers.close()
    assert written == {}
    (line,) = said
    assert (json.loads(line)["RefusedRequests"], json.loads(line)["Predictions"]) == (1, 0)


def test_the_declared_share_of_requests_is_captured(answerer: Answerer) -> None:
    written: dict[str, bytes] = {}
    chances = iter([0.1, 0.9, 0.2])
    capturing = Capturing(written.__setitem__, MODEL.name, 1)
    remembers = Recording(
        capturing,
        Measuring({}, capturing.tallied, write=[].append),
        version=1,
        features=(),
        personal=frozenset(),
        sampled=0.5,
        chance=lambda: next(chances),
    )
    endpoint = Endpoint(answerer, remembers)
    ids = [ask(endpoint, json.dumps(good_row()).encode())[1]["id"] for _ in range(3)]
    remembers.start()
    remembers.close()
    (kept,) = written.values()
    assert [line["id"] for line in read(kept)] == [ids[0], ids[2]]


def test_serving_loads_nothing_that_only_training_needs() -> None:
    heavy = {"sklearn", "skl2onnx", "onnx", "awswrangler", "scipy"}
    program = """
from tidegate import find
import tidegate.models.serving, tidegate.models.serve, onnxruntime
find.model("flight_delay"), find.dataset("flights")
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""
    root = Path(__file__).resolve().parents[3]
    code = f"import sys; sys.path[:0] = [{str(root)!r}, {str(root / 'src')!r}]{program}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.isdisjoint(done.stdout.split())
