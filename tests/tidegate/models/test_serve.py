"""Whatever is sent to an endpoint, its answer is JSON, and a caller's fault is never a server's."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.pipelines import real
from tests.tidegate.models.test_gating import RUN
from tidegate import find
from tidegate.contract.requests import check_rows
from tidegate.errors import Transient
from tidegate.models.answer import LARGEST_BODY, Answerer
from tidegate.models.onnx_model import load
from tidegate.models.serve import Endpoint
from tidegate.models.snapshot import known_columns
from tidegate.models.train import Material, train

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
    )


@pytest.fixture(scope="module")
def endpoint(answerer: Answerer) -> Endpoint:
    return Endpoint(answerer)


def good_row() -> dict[str, Any]:
    row = real.flights().select(COLUMNS).row(7, named=True)
    told: dict[str, Any] = json.loads(json.dumps(row, default=lambda at: at.isoformat()))
    return told


def ask(endpoint: Endpoint, body: bytes, pieces: int = 1) -> tuple[int, dict[str, Any]]:
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

    scope = {"type": "http", "method": "POST", "path": "/invocations"}
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


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "x"]), ANY_JSON), min_size=1, max_size=3))
def test_rows_of_anything_are_the_callers_fault(endpoint: Endpoint, rows: list[dict[str, Any]]) -> None:
    assert ask(endpoint, json.dumps({"rows": rows}).encode())[0] in (400, 422)


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
    status, answer = ask(Endpoint(broken), json.dumps(good_row()).encode())
    assert status == 503
    assert "secret" not in json.dumps(answer)


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
