"""Features that are columns: the same numbers from a frame and from a row, which is answered at once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from tests.tidegate.models.test_serve import ask, recording
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.requests import check_rows
from tidegate.contract.straight.rows import straight
from tidegate.errors import ContractMistake
from tidegate.models.answer import Answerer
from tidegate.models.declare import Model
from tidegate.models.export import to_onnx
from tidegate.models.onnx_model import load
from tidegate.models.plain_features import Category, Columns
from tidegate.models.serve import Endpoint

if TYPE_CHECKING:
    from pathlib import Path


class Order(pa.DataFrameModel):
    """An order, as it is asked about."""

    items: pl.Int16 = column(ge=1, le=500)
    total: float = column(nullable=True, ge=0)
    express: bool = column(nullable=True)
    country: str = column(nullable=True, isin=["NL", "DE", "FR"])
    code: str = column(str_matches="^[A-Z]{2}[0-9]{4}$")


ORDERS = Dataset(name="orders", description="", row=Order, key=("code",), reads=Csv(null_values=("", "NA")))
FEATURES = Columns("items", "total", "express", Category("country", ("NL", "DE")))
TYPES = {"items": "whole", "total": "number", "express": "truth", "country": "text", "code": "text"}
NAMES = ["items", "total", "express", "country"]
GOOD = {"items": 3, "total": 9.5, "express": True, "country": "DE", "code": "AB1234"}


def model() -> Model:
    return Model(
        name="orders_late",
        description="",
        request="orders",
        known_by="arrival of the file",
        lookups=(),
        time_column="at",
        test_share=0.2,
        features=FEATURES,
        label=lambda rows: rows,
        fit=lambda *_: None,
        baseline_feature="items",
        least_auc=0.5,
        least_new_rows=1,
        schedule="rate(1 day)",
        instance_type="ml.m5.large",
    )


@dataclass(frozen=True)
class Both:
    """The same model, answering at once and by frames."""

    at_once: Answerer
    by_frames: Answerer


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return answerers(tmp_path_factory.mktemp("model"))


def answerers(folder: Path) -> Both:
    known = np.random.default_rng(1).normal(size=(200, 4)).astype(np.float32)
    content = to_onnx(LogisticRegression().fit(known, known[:, 0] > known[:, 3]), 4)
    card = {"model": "orders_late", "run": "r", "features": NAMES, "columns": TYPES, "lookups": {}}
    (folder / "model.onnx").write_bytes(content)
    (folder / "model.json").write_text(json.dumps({**card, "sha256": sha256(content).hexdigest()}))
    columns = tuple(Order.to_schema().columns)
    told: dict[str, Any] = {
        "model": model(),
        "version": 1,
        "onnx": load(folder),
        "check": lambda rows: check_rows(rows, ORDERS, columns),
        "fetch": lambda _keys: {},
    }
    return Both(Answerer(**told, straight=straight(plan_of(ORDERS), FEATURES.wanted)), Answerer(**told))


def test_a_frame_becomes_floats_and_nothing_becomes_nan() -> None:
    rows = pl.DataFrame([GOOD, {**dict.fromkeys(GOOD), "items": 1}, {**GOOD, "country": "FR"}])
    made = FEATURES(rows, {})
    assert made.columns == NAMES
    assert set(made.dtypes) == {pl.Float32}
    expected = [[3, 9.5, 1, 1], [1, *[float("nan")] * 3], [3, 9.5, 1, -1]]
    assert np.array_equal(made.to_numpy(), np.array(expected), equal_nan=True)


def test_a_column_that_is_no_number_is_refused() -> None:
    with pytest.raises(ContractMistake, match="is no number"):
        Columns("code")(pl.DataFrame([GOOD]), {})


ROWS = st.fixed_dictionaries(
    {
        "items": st.integers(-1, 501),
        "total": st.none() | st.integers(0, 2**60) | st.floats(-1, 1e40),
        "express": st.none() | st.booleans(),
        "country": st.sampled_from([None, "NL", "DE", "FR", "XX", "NA", ""]),
        "code": st.sampled_from(["AB1234", "AB1234\n", "ab1234", "AB12345", None]),
    }
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_an_answer_at_once_is_the_answer_by_frames(both: Both, rows: list[dict[str, Any]]) -> None:
    body = json.dumps({"rows": rows}).encode()
    quick = both.at_once.at_once(body, "a")
    if quick is None:
        return
    slow = both.by_frames.answer(body, "a")
    assert json.dumps(quick.body) == json.dumps(slow.body)
    assert quick.features is not None
    assert slow.features is not None
    assert np.array_equal(quick.features, slow.features, equal_nan=True)


def test_a_good_row_is_answered_at_once_and_a_bad_one_with_the_same_words(both: Both) -> None:
    assert both.at_once.at_once(json.dumps(GOOD).encode(), "a") is not None
    assert both.by_frames.at_once(json.dumps(GOOD).encode(), "a") is None
    endpoints = [Endpoint(one, recording({})) for one in (both.at_once, both.by_frames)]
    bodies: list[Any] = [
        {**GOOD, "items": 0},
        {"rows": []},
        {"rows": [GOOD] * 501},
        {**GOOD, "more": 1},
        [],
        {},
    ]
    for body in bodies:
        quick, slow = (ask(endpoint, json.dumps(body).encode()) for endpoint in endpoints)
        assert quick == slow
        assert quick[0] in (400, 413, 422)


def test_an_endpoint_that_answers_at_once_describes_itself_too(both: Both) -> None:
    assert ask(Endpoint(both.at_once, recording({})), b'{"describe": true}')[1]["run"] == "r"
