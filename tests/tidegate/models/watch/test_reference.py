"""What training saw is kept as rows: when, features, scores."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.pipelines import real
from tidegate import find
from tidegate.models.declare import Watch
from tidegate.models.snapshot import known_columns, split
from tidegate.models.train import Material
from tidegate.models.watch.reference import MOMENT, SCORE, as_moments, read_reference, reference

MODEL = find.model("flight_delay")
KNOWN = tuple(known_columns(MODEL, find.dataset("flights")))
FEATURES = ["minute_of_day", "distance"]


class Halves:
    """Stands for a trained model: every flight has an even chance."""

    features = FEATURES

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        return np.full(len(matrix), 0.5)


def materials() -> list[Material]:
    return [
        Material(rows=rows, lookups=real.lookups(), known=KNOWN, sources={})
        for rows in split(MODEL, real.flights(2))
    ]


def test_both_parts_of_the_rows_are_in_it_evenly_and_in_order() -> None:
    onnx: Any = Halves()
    frame = reference(MODEL, materials(), onnx, most=5000)
    whole = real.flights(2)["scheduled_departure"]
    days = frame[MOMENT].dt.date().value_counts()["count"]
    assert frame.columns == [*FEATURES, MOMENT, SCORE]
    assert 4000 < frame.height <= 5000
    assert frame[MOMENT].is_sorted()
    assert (frame[MOMENT].dt.date().min(), frame[MOMENT].dt.date().max()) == (
        whole.dt.date().min(),
        whole.dt.date().max(),
    )
    assert days.quantile(0.1) > 50


def test_a_feature_that_is_a_personal_column_is_left_out_by_its_name_or_its_values() -> None:
    onnx: Any = Halves()
    copied = replace(MODEL, features=lambda rows, _: rows.select("distance", how_far="distance", n=1.0))
    onnx.features = ["distance", "how_far", "n"]
    frame = reference(copied, materials(), onnx, personal={"distance", "tail_number"})
    assert frame.columns == ["n", MOMENT, SCORE]


def test_the_file_is_read_back_with_the_times_of_the_models_clock() -> None:
    onnx: Any = Halves()
    told = io.BytesIO()
    frame = reference(MODEL, materials(), onnx)
    frame.write_parquet(told)
    rows = read_reference(told.getvalue(), "America/New_York")
    assert set(rows.columns) == {*FEATURES, SCORE}
    assert set(rows.times.parts[0] // 48) == {1, 2}
    assert len(rows) == frame.height


def test_without_a_moment_of_its_own_a_models_time_column_counts() -> None:
    onnx: Any = Halves()
    frame = reference(replace(MODEL, watch=Watch()), materials(), onnx)
    assert frame[MOMENT].to_list() == reference(MODEL, materials(), onnx)[MOMENT].to_list()


@pytest.mark.parametrize(
    "given",
    [
        pl.Series([date(2013, 7, 1)]),
        pl.Series([datetime(2013, 7, 1)]),  # noqa: DTZ001 - a column without a zone
        pl.Series([datetime(2013, 7, 1, tzinfo=UTC)], dtype=pl.Datetime("ms", "UTC")),
        pl.Series([datetime(2013, 7, 1, tzinfo=UTC)]).dt.convert_time_zone("America/New_York"),
    ],
)
def test_a_day_a_time_and_a_moment_are_moments(given: pl.Series) -> None:
    told = as_moments(given)
    assert told.dtype == pl.Datetime("us", "UTC")
    assert told.to_list() == [datetime(2013, 7, 1, tzinfo=UTC)]
