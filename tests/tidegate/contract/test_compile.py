"""The compiled plan says what pandera says, row by row and check by check."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Dataset, column
from tidegate.contract.in_memory import check_in_memory
from tidegate.errors import ContractMistake

NEW_YEAR = datetime(2020, 1, 1, tzinfo=UTC)


class Everything(pa.DataFrameModel):
    """Every built-in check that judges single rows, on every type a cell can have."""

    key: pl.Int64 = column(unique=True)
    eq: pl.Int16 = column(nullable=True, eq=3)
    ne: pl.Int32 = column(nullable=True, ne=3)
    gt: float = column(nullable=True, gt=0.5)
    ge: float = column(ge=0.5)
    lt: pl.Int64 = column(nullable=True, lt=2)
    le: pl.Int64 = column(le=2)
    between: pl.Float32 = column(
        nullable=True, in_range={"min_value": 0, "max_value": 2, "include_max": False}
    )
    isin: str = column(nullable=True, isin=["a", "b"])
    notin: str = column(notin=["a", "b"])
    matches: str = column(nullable=True, str_matches="a+b?$")
    contains: str = column(nullable=True, str_contains="a.b")
    starts: str = column(nullable=True, str_startswith="ab")
    ends: str = column(nullable=True, str_endswith="ab")
    length: str = column(nullable=True, str_length={"min_value": 2, "max_value": 3})
    flag: bool = column(eq=True)
    day: pl.Date = column(nullable=True, ge=date(2020, 1, 1))
    instant: Annotated[pl.Datetime, "us", "UTC"] = column(nullable=True, lt=NEW_YEAR)

    @pa.check("gt", ignore_na=False)
    @classmethod
    def no_nothing(cls, data: Any) -> Any:
        return data.lazyframe.select(pl.col(data.key) < 2)

    @pa.check("length", element_wise=True)
    @classmethod
    def slowly(cls, value: str) -> bool:
        return value != "bb"

    @pa.dataframe_check
    @classmethod
    def in_order(cls, data: Any) -> Any:
        return data.lazyframe.select(pl.col("lt") <= pl.col("le"))


EVERYTHING = Dataset(name="everything", description="Everything", row=Everything, key=("key",))

_texts = st.text(alphabet='ab ,"\n', min_size=1, max_size=4)
_VALUES = {
    "key": st.integers(0, 6),
    "eq": st.integers(2, 4),
    "ne": st.integers(2, 4),
    "gt": st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.5]),
    "ge": st.sampled_from([0.0, 0.5, 1.0, -1e300]),
    "lt": st.integers(0, 4),
    "le": st.integers(0, 4),
    "between": st.sampled_from([-0.5, 0.0, 1.0, 2.0]),
    "isin": _texts,
    "notin": _texts,
    "matches": _texts,
    "contains": _texts,
    "starts": _texts,
    "ends": _texts,
    "length": _texts,
    "flag": st.booleans(),
    "day": st.dates(date(2019, 12, 1), date(2020, 2, 1)),
    "instant": st.integers(-30, 30).map(lambda days: NEW_YEAR + timedelta(days=days, seconds=1)),
}
_SCHEMA = {name: col.dtype.type for name, col in Everything.to_schema().columns.items()}


def _rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    nullable = {name for name, col in Everything.to_schema().columns.items() if col.nullable}
    row = {name: st.none() | values if name in nullable else values for name, values in _VALUES.items()}
    holes = st.fixed_dictionaries(row, optional={"hole": st.sampled_from(["ge", "le", "notin", "flag"])})
    return st.lists(
        holes.map(lambda made: {**made, **({made["hole"]: None} if "hole" in made else {})}), min_size=1
    )


def _as_file(rows: list[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    written = csv.writer(out, lineterminator="\n")
    written.writerow(_VALUES)
    for row in rows:
        written.writerow([_written(row[name]) for name in _VALUES])
    return out.getvalue().encode()


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else value


def _by_pandera(rows: list[dict[str, Any]]) -> set[tuple[int, str, str]]:
    frame = pl.DataFrame([{name: row[name] for name in _VALUES} for row in rows], schema=_SCHEMA)
    found = set()
    schema = Everything.to_schema()
    for name, col in schema.columns.items():
        for row in frame[name].is_null().arg_true() if not col.nullable else []:
            found.add((row + 1, name, "not_null"))
        for one in col.checks:
            found |= {(row + 1, name, one.name) for row in _failing(one, frame, name)}
    for one in schema.checks:
        found |= {(row + 1, "", one.name) for row in _failing(one, frame, None)}
    found |= {(row + 1, "key", "unique") for row in frame["key"].is_duplicated().arg_true()}
    return found


def _failing(one: Any, frame: pl.DataFrame, name: str | None) -> list[int]:
    return (~one(frame.lazy(), name).check_output.collect().to_series()).arg_true().to_list()


def _bad_by_pandera_alone(rows: list[dict[str, Any]]) -> bool:
    frame = pl.DataFrame([{name: row[name] for name in _VALUES} for row in rows], schema=_SCHEMA)
    try:
        Everything.validate(frame, lazy=True)
    except pa.errors.SchemaErrors:
        return True
    return False


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(_rows())
def test_the_plan_finds_what_panderas_own_checks_find(rows):
    verdict = check_in_memory((_as_file(rows)), EVERYTHING, name="a.csv")
    found = {
        (row["_row"], why["column"], why["check"])
        for row in verdict.bad.iter_rows(named=True)
        for why in row["_reasons"]
    }
    assert found == _by_pandera(rows)
    assert (verdict.bad.height > 0) == _bad_by_pandera_alone(rows)
    assert verdict.good.height + verdict.bad.height == len(rows) or verdict.fault is not None


def test_only_the_python_function_is_slow():
    assert plan_of(EVERYTHING).slow_checks == ("length:slowly",)


class Functional(pa.DataFrameModel):
    key: int = column(le=float("inf"))

    @pa.check("key")
    @classmethod
    def even(cls, data: Any) -> Any:
        return data.lazyframe.select(pl.col(data.key).map_batches(_even, return_dtype=pl.Boolean))


def _even(values: pl.Series) -> pl.Series:
    return pl.Series([value is not None and value % 2 == 0 for value in values], dtype=pl.Boolean)


def test_a_function_inside_an_expression_is_slow_as_any_other_is_and_as_right():
    dataset = _dataset(Functional)
    assert plan_of(dataset).slow_checks == ("key:less_than_or_equal_to", "key:even")
    checked = check_in_memory(b"key\n1\n2\n3\n4\n", dataset)
    assert checked.good["key"].to_list() == [2, 4]
    assert [[why["check"] for why in whys] for whys in checked.bad["_reasons"]] == [["even"], ["even"]]


def _dataset(row: type[pa.DataFrameModel], **more: Any) -> Dataset:
    return Dataset(name="wrong", description="", row=row, key=("key",), **more)


class Aggregating(pa.DataFrameModel):
    key: int = column()

    @pa.check("key")
    @classmethod
    def above_average(cls, data: Any) -> Any:
        return data.lazyframe.select(pl.col(data.key) > pl.col(data.key).mean())


class WholeColumn(pa.DataFrameModel):
    key: int = column()
    kind: str = column(unique_values_eq=["a", "b"])


class WrongType(pa.DataFrameModel):
    key: int = column(str_matches="a")


class UnknownColumn(pa.DataFrameModel):
    key: int = column()

    @pa.dataframe_check
    @classmethod
    def stray(cls, data: Any) -> Any:
        return data.lazyframe.select(pl.col("stray") > 1)


class Unreadable(pa.DataFrameModel):
    key: int = column()
    many: pl.List(pl.Int64) = column()  # type: ignore[valid-type]


class Coercing(pa.DataFrameModel):
    key: int = column(coerce=True)


class Failing(pa.DataFrameModel):
    key: int = column()

    @pa.dataframe_check
    @classmethod
    def broken(cls, data: Any) -> Any:
        raise KeyError("what")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (Aggregating, "other rows"),
        (WholeColumn, "no row is to blame"),
        (WrongType, "cannot run"),
        (UnknownColumn, "'stray'"),
        (Unreadable, "cannot be read"),
        (Coercing, "coerce"),
        (Failing, "failed"),
    ],
)
def test_a_contract_that_cannot_be_run_is_refused_when_compiled(row, words):
    with pytest.raises(ContractMistake, match=words):
        plan_of(_dataset(row))


class Named(pa.DataFrameModel):
    key: int = column()

    @pa.check("key", name="type")
    @classmethod
    def my_type(cls, data: Any) -> Any:
        return data.lazyframe.select(pl.col(data.key) > 5)


def test_a_check_that_bears_the_name_of_the_kits_own_is_still_asked():
    verdict = check_in_memory((b"key\n1\n9\n"), _dataset(Named), name="a.csv")
    assert verdict.good["key"].to_list() == [9]


class Pair(pa.DataFrameModel):
    key: int = column()
    left: str = column(nullable=True)
    right: str = column(nullable=True)

    class Config:
        unique = ["left", "right"]  # noqa: RUF012


def test_two_rows_without_a_value_are_no_copies_of_each_other():
    verdict = check_in_memory((b"key,left,right\n1,a,\n2,a,\n3,a,b\n4,a,b\n"), _dataset(Pair), name="a.csv")
    assert verdict.bad["_row"].to_list() == [3, 4]
    assert verdict.bad["_reasons"][0][0]["column"] == "left, right"


def test_a_part_of_a_plan_asks_only_what_its_columns_can_answer():
    part = plan_of(EVERYTHING).only(("key", "lt"))
    assert part.columns == ("key", "lt")
    assert {rule.column for rule in part.rules} == {"key", "lt"}
    assert part.unique == ()
