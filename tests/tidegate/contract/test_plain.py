"""Expressions are kept as data, and what holds a function is never given to polars to read."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from tidegate.contract import plain
from tidegate.errors import ContractMistake

a, b = pl.col("a"), pl.col("b")
A_DAY, NOON = dt.date(2020, 1, 1), dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)
WRITTEN = [
    *(a <= 0.1, a < 2**63, a < -(2**63), a < 1e300, a == b"x", a < NOON, a < A_DAY, a < Decimal("1.50")),
    *(a < dt.timedelta(hours=1), a < dt.time(3), pl.lit(3, dtype=pl.UInt8) < a, a.is_in([A_DAY, None])),
    *(a.is_in(["x", "é\0😀"]), a.is_in([1.1, 2.0]), a.is_in(b), a.is_between(1, b, closed="left")),
    *(a.fill_null(1), a.eq_missing(b), a.xor(b), ~a.is_null(), -a, a % 2 == 0, a // 2, a**2, a.abs()),
    *(a.round(2), a.clip(0, 1), a.log(), a.sqrt(), a.floor(), a.is_finite(), a.is_close(b), a.sin()),
    *(a.cast(pl.Decimal(10, 2)), a.cast(pl.Datetime("ms", "UTC")), a.cast(pl.Int8, strict=False)),
    *(a.replace({1: 2}), a.replace_strict({1: 2}, default=None, return_dtype=pl.Int8)),
    *(a.str.len_chars(), a.str.contains("^a"), a.str.starts_with("a"), a.str.ends_with(b)),
    *(a.str.slice(0, 2), a.str.strip_chars(" "), a.str.replace_all("a", "b"), a.str.zfill(3)),
    *(a.str.to_integer(base=16, strict=False), a.str.to_decimal(scale=2), a.str.to_date("%Y", strict=False)),
    *(a.str.extract("(a)", 1), a.str.count_matches("a"), a.str.split(",").list.len(), a.str.to_lowercase()),
    *(a.str.split(",").list.get(0), a.str.json_path_match("$.a"), a.str.decode("hex"), a.str.find("a")),
    *(a.dt.year(), a.dt.truncate("1h"), a.dt.offset_by("1d"), a.dt.convert_time_zone("Europe/Rome")),
    *(a.dt.replace_time_zone("UTC"), a.dt.cast_time_unit("ms"), a.dt.total_seconds(), a.dt.epoch("s")),
    *(a.dt.strftime("%Y"), a.dt.add_business_days(1), a.dt.is_business_day(), a.dt.combine(dt.time(1))),
    *(pl.duration(minutes=a), pl.datetime(a, b, 1), pl.coalesce(a, b), pl.max_horizontal(a, b)),
    *(pl.all_horizontal(a, b), pl.sum_horizontal(a, b), pl.concat_str(a, b), pl.format("{}-{}", a, b)),
    pl.when(a > 1).then(b).when(b > 2).then(1).otherwise(None),
    pl.struct(a, b).struct.field("a"),
]


@pytest.mark.parametrize("expression", WRITTEN, ids=str)
def test_what_people_write_of_a_row_is_read_back_as_it_was(expression: pl.Expr) -> None:
    assert plain.from_json(json.loads(json.dumps(plain.as_json(expression)))).meta.eq(expression)


class Trap:
    """Unpickled, it leaves a mark."""

    def __init__(self, mark: str) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.mkdir, (self.mark,)

    def __call__(self, value: Any) -> Any:
        return value


def traps(mark: str) -> dict[str, pl.Expr]:
    """An expression for each place in which polars keeps a pickle."""
    trap = Trap(mark)
    return {
        "map_batches": a.map_batches(trap, return_dtype=pl.Boolean),
        "map_elements": a.map_elements(trap, return_dtype=pl.Boolean),
        "name.map": a.name.map(trap),
        "name.map_fields": a.name.map_fields(trap),
        "fold": pl.fold(pl.lit(True), trap, [a, b]),
        "reduce": pl.reduce(trap, [a, b]),
        "cum_fold": pl.cum_fold(pl.lit(True), trap, [a, b]),
        "cum_reduce": pl.cum_reduce(trap, [a, b]),
        "pipe_with_dtype": a.pipe_with_dtype(trap),
        "rolling_map": a.rolling_map(trap, 2),
        "inside": pl.when(a.is_null()).then(True).otherwise(a.map_batches(trap, return_dtype=pl.Boolean)),
    }


@pytest.mark.parametrize("which", traps(""))
def test_a_pickle_is_refused_before_it_is_read(which: str, tmp_path: Any) -> None:
    mark = tmp_path / "it was run"
    written = traps(str(mark))[which].meta.serialize(format="json")
    with pytest.raises(ContractMistake, match="may not stand in it"):
        plain.from_json(json.loads(written))
    assert not plain.is_plain(traps(str(mark))[which])
    assert not mark.exists()


def test_polars_itself_would_have_run_it(tmp_path: Any) -> None:
    mark = tmp_path / "it was run"
    written = a.name.map(Trap(str(mark))).meta.serialize(format="json")
    pl.Expr.deserialize(io.BytesIO(written.encode()), format="json")
    assert mark.exists()


def test_what_polars_does_not_read_back_as_it_was_is_not_kept_as_data() -> None:
    assert not plain.is_plain(a < float("inf"))
    digits = [number / 7 for number in range(1, 2000)]
    assert all(
        plain.from_json(plain.as_json(a < digit)).meta.eq(a < digit)
        for digit in digits
        if plain.is_plain(a < digit)
    )


def test_another_librarys_code_is_not_data() -> None:
    plugin = {"Function": {"input": [{"Column": "a"}], "function": {"FfiPlugin": {"lib": "/tmp/x.so"}}}}
    with pytest.raises(ContractMistake, match="FfiPlugin"):
        plain.from_json(plugin)
