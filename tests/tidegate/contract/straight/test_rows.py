"""What plain Python calls good is good by the compiled contract, with the same values, and the other way."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tidegate.contract.test_same_as_pandera import UNREADABLE, VALUES, Contract, contracts
from tidegate import find
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.requests import check_rows
from tidegate.contract.straight.cannot import CannotBeStraight
from tidegate.contract.straight.rows import straight

JUNK: list[Any] = [
    None,
    True,
    0,
    -1,
    5,
    2.0,
    1e300,
    1e-300,
    -0.0,
    2**31,
    2**53 + 1,
    2**63,
    10**400,
    float("nan"),
    "",
    "NA",
    "5",
    "é",
    "\ud800",
    "a\n",
    "2020-01-15",
    "0000-01-01",
    "2020-01-15T24:00:00Z",
    "2020-01-15T23:59:60Z",
    "2020-01-15T10:00:00+0530",
    "9999-12-31T23:00:00-02:00",
    "0001-01-01T00:00:00+01:00",
    "\uff12020-01-15",
    [1],
    {"a": 1},
]


def json_value(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value if value is None or isinstance(value, bool | int | float | str) else float(value)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Contract, list[dict[str, Any]]]:
    contract = draw(contracts())

    def cell(kind: str) -> st.SearchStrategy[Any]:
        good = VALUES[kind].map(json_value)
        return st.one_of(
            good, good, good, good, st.sampled_from([None, *UNREADABLE.get(kind, [])]), st.sampled_from(JUNK)
        )

    row = st.fixed_dictionaries({name: cell(kind) for name, kind in contract.kinds.items()})
    odd = row.map(lambda one: {**one, "more": 1}) | row.map(lambda one: dict(list(one.items())[1:]))
    return contract, draw(st.lists(st.one_of(row, row, row, odd), min_size=1, max_size=12))


def unsure(row: dict[str, Any], across: bool) -> bool:
    """What plain Python leaves to polars although it may be good."""
    values = row.values()
    large = any(isinstance(one, int | float) and not -3.4e38 < one < 3.4e38 for one in values)
    return large or (across and any(one in (None, "") for one in values))


def same(found: Any, typed: Any) -> bool:
    return bool(found == typed or (isinstance(typed, float) and float(found) == typed))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests())
def test_the_verdict_is_the_compiled_contracts_own(asked: tuple[Contract, list[dict[str, Any]]]) -> None:
    contract, rows = asked
    columns = tuple(contract.kinds)
    plan = plan_of(contract.dataset).only(columns)
    try:
        read = straight(plan, dict.fromkeys(columns))
    except CannotBeStraight:
        return
    across = any(len(rule.reads) > 1 for rule in plan.rules)
    for row in rows:
        found, verdict = read(row), check_rows([row], contract.dataset, columns)
        if found is None:
            assert verdict.errors or unsure(row, across), row
        else:
            assert verdict.errors == (), row
            assert all(map(same, found, verdict.rows.row(0))), row


class Small(pa.DataFrameModel):
    """A contract that has what plain Python can say."""

    number: pl.Int16 = column(ge=1, le=500, isin=[1, 2, 3, 400])
    share: float = column(nullable=True, in_range={"min_value": 0, "max_value": 1})
    code: str = column(str_matches="^[A-Z][A-Z0-9]{1,3}$", str_length={"max_value": 4})
    kind: str = column(nullable=True, isin=["a", "b"])
    hour: pl.Int16 = column(ge=0, le=23)
    clock: pl.Int16 = column(ge=0)
    member: bool = column()
    day: pl.Date = column()

    @pa.dataframe_check
    @classmethod
    def same_hour(cls, data: Any) -> Any:
        """the clock says the hour"""
        return data.lazyframe.select(
            (pl.col("clock") // 100 == pl.col("hour")) & (pl.col("clock") % 100 < 60)
        )


DATASET = Dataset(name="small", description="", row=Small, key=("number",), reads=Csv(null_values=("", "NA")))
GOOD = {
    "number": 2,
    "share": 0.5,
    "code": "AB1",
    "kind": "NA",
    "hour": 5,
    "clock": 530,
    "member": True,
    "day": "2020-02-29",
}


@pytest.mark.parametrize(
    ("change", "fine"),
    [
        ({}, True),
        ({"share": None}, True),
        ({"share": 1}, True),
        ({"share": 1.5}, False),
        ({"number": 4}, False),
        ({"number": 1.0}, False),
        ({"number": True}, False),
        ({"code": "AB1\n"}, False),
        ({"code": "ab1"}, False),
        ({"code": "ABCDE"}, False),
        ({"code": None}, False),
        ({"kind": "b"}, True),
        ({"kind": "c"}, False),
        ({"clock": 560}, False),
        ({"clock": 630}, False),
        ({"member": 1}, False),
        ({"day": "2021-02-29"}, False),
        ({"day": "20200229"}, False),
        ({"more": 1}, False),
    ],
)
def test_a_contract_of_common_rules_is_judged_row_by_row(change: dict[str, Any], fine: bool) -> None:
    columns = tuple(Small.to_schema().columns)
    read = straight(plan_of(DATASET).only(columns), dict.fromkeys(("number", "share", "member")))
    row = {**GOOD, **change}
    assert (read(row) is not None) is fine
    assert (check_rows([row], DATASET, columns).errors == ()) is fine
    if fine:
        assert read(row) == (2, row["share"], True)


def test_whole_numbers_that_polars_would_let_overflow_are_left_to_polars() -> None:
    class Tiny(pa.DataFrameModel):
        """A rule whose sum may be too large for its type."""

        a: pl.Int8 = column()
        b: pl.Int8 = column()

        @pa.dataframe_check
        @classmethod
        def small(cls, data: Any) -> Any:
            """they are small"""
            return data.lazyframe.select(pl.col("a") + pl.col("b") < 100)

    dataset = Dataset(name="tiny", description="", row=Tiny, key=("a",))
    read = straight(plan_of(dataset), {"a": None})
    assert read({"a": 1, "b": 2}) == (1,)
    assert read({"a": 100, "b": 100}) is None
    assert check_rows([{"a": 100, "b": 100}], dataset, ("a", "b")).errors == ()


@pytest.mark.parametrize(
    ("name", "why"),
    [("flights", "IsNotNull"), ("passengers", "which may take long")],
)
def test_what_cannot_be_said_is_named(name: str, why: str) -> None:
    plan = plan_of(find.dataset(name))
    with pytest.raises(CannotBeStraight, match=why):
        straight(plan, dict.fromkeys(plan.columns))


@pytest.mark.parametrize("name", ["airlines", "planes", "weather"])
def test_simple_contracts_of_ours_can_be_said(name: str) -> None:
    plan = plan_of(find.dataset(name))
    assert callable(straight(plan, dict.fromkeys(plan.columns)))


ZONES = ["America/New_York", "Europe/Amsterdam", "Asia/Kolkata", "Australia/Lord_Howe"]


@pytest.mark.parametrize("zone", ZONES)
def test_clocks_of_a_place_show_what_polars_says_they_show(zone: str) -> None:
    class Clock(pa.DataFrameModel):
        """A moment, and what a clock shows then."""

        at: Annotated[pl.Datetime, "us", "UTC"] = column()
        shown: int = column()

        @pa.dataframe_check
        @classmethod
        def shows(cls, data: Any) -> Any:
            """the clock shows it"""
            there = pl.col("at").dt.convert_time_zone(zone).dt
            return data.lazyframe.select(there.hour() * 1 + there.day() * 1 == pl.col("shown"))

    read = straight(plan_of(Dataset(name="clock", description="", row=Clock, key=("at",))), {"shown": None})
    moments = pl.datetime_range(
        datetime(1970, 1, 1, tzinfo=UTC), datetime(2037, 12, 31, 23, tzinfo=UTC), "5h", eager=True
    )
    there = moments.dt.convert_time_zone(zone).dt
    shown = (there.hour() + there.day()).to_list()
    texts = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()
    assert all(read({"at": at, "shown": one}) == (one,) for at, one in zip(texts, shown, strict=True))
    assert read({"at": texts[0], "shown": shown[0] + 1}) is None
    for beyond in ("1969-12-31T00:00:00Z", "2038-01-01T00:00:00Z"):
        assert read({"at": beyond, "shown": 1}) is None, "of other years polars is asked"


def test_a_time_without_a_zone_has_no_clock_elsewhere() -> None:
    class Clock(pa.DataFrameModel):
        """A time of nobody knows where."""

        at: Annotated[pl.Datetime, "us", None] = column()
        hour: int = column()

        @pa.dataframe_check
        @classmethod
        def shows(cls, data: Any) -> Any:
            """the clock shows it"""
            return data.lazyframe.select(
                pl.col("at").dt.convert_time_zone("Europe/Amsterdam").dt.hour() == pl.col("hour")
            )

    plan = plan_of(Dataset(name="clock", description="", row=Clock, key=("at",)))
    with pytest.raises(CannotBeStraight, match="ConvertTimeZone"):
        straight(plan, {"hour": None})


def test_a_text_becomes_the_number_that_is_asked_for() -> None:
    read = straight(plan_of(DATASET), {"kind": {"b": 7.0}})
    assert read({**GOOD, "kind": "b"}) == (7.0,)
    assert read({**GOOD, "kind": "a"}) == (-1.0,)
    assert read({**GOOD, "kind": None}) == (None,)


def test_not_a_number_is_never_good() -> None:
    read = straight(plan_of(DATASET), {"share": None})
    assert read({**GOOD, "share": math.nan}) is None
