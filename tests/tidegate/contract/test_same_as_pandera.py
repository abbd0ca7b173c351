"""Over contracts and dirty files that hypothesis makes up, our verdict is pandera's, reason by reason.

The oracle is pandera's own `validate`, on the frame that a reader would make of the file. Where we differ on
purpose, the difference is one function below, called `differ_...`, and nothing else is let through.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.severity import Severity, rule_name, rule_names
from tidegate.contract.source import Limits

Reason = tuple[int, str, str]  # row from 1, column (empty across columns), check
DAY, NOON = date(2020, 1, 15), datetime(2020, 1, 15, 12)  # noqa: DTZ001 - a column without a zone
TYPES = {
    "Int8": pl.Int8,
    "UInt16": pl.UInt16,
    "Int32": pl.Int32,
    "Int64": pl.Int64,
    "Float64": pl.Float64,
    "Decimal": Annotated[pl.Decimal, 6, 2],
    "String": pl.String,
    "Boolean": pl.Boolean,
    "Date": pl.Date,
    "Datetime": Annotated[pl.Datetime, "us", None],
    "Instant": Annotated[pl.Datetime, "ms", "UTC"],
}
REGEXES = [
    "^a",
    "a+b?$",
    "[^b]*$",
    "b",
    "a.",
    "(?i)^AB",
    r"\w\s\w",
    r"^\S*$",
    "a|é",
    "(a|b){2}",
    r"^$",
    r"\.",
    "^=.$",
]
WORDS = ["", "a", "ab", "abb", "ba", "é", "x y", 'q"t', "NA", "-", "=1", "a,b", "ab\n"]
VALUES = {
    "Int8": st.integers(-128, 127) | st.integers(-3, 3),
    "UInt16": st.integers(0, 2**16 - 1) | st.integers(0, 3),
    "Decimal": st.integers(-300, 300).map(lambda cents: Decimal(cents) / 100),
    "Instant": st.integers(-40, 40).map(lambda hours: NOON.replace(tzinfo=UTC) + timedelta(hours=hours)),
    "Int32": st.integers(-5, 5) | st.integers(-(2**31), 2**31 - 1),
    "Int64": st.integers(-5, 5) | st.integers(-(2**63), 2**63 - 1),
    "Float64": st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.5]) | st.floats(allow_nan=False, allow_infinity=False),
    "String": st.sampled_from(WORDS),
    "Boolean": st.booleans(),
    "Date": st.integers(-40, 40).map(lambda days: DAY + timedelta(days=days)),
    "Datetime": st.integers(-40, 40).map(lambda hours: NOON + timedelta(hours=hours, microseconds=1)),
}
NUMBERS = st.sampled_from([-1, 0, 1, 2])
BOUNDS = {
    **dict.fromkeys(("Int8", "Int32", "Int64"), NUMBERS),
    "UInt16": st.integers(0, 3),
    "Decimal": st.integers(-2, 2).map(Decimal),
    "Instant": st.just(NOON.replace(tzinfo=UTC)),
    "Float64": st.sampled_from([-1.0, 0.0, 0.5, 1.0]),
    "Date": st.just(DAY),
    "Datetime": st.just(NOON),
}
_NO_INTEGERS = ["x", "1.5", " 1", "007", "+1", "NA", "1e3"]
UNREADABLE = {
    "Int32": _NO_INTEGERS,
    "Int64": _NO_INTEGERS,
    "Int8": ["128", "-129", "1.0"],
    "UInt16": ["-1", "65536", "-0"],
    "Decimal": ["1e2", "1.234", "12345.00", "1,5", "NA"],
    "Instant": ["2020-01-15T12:00:00", "2020-01-15", "NA", "2020-01-15T12:00:00.1234Z"],
    "Float64": ["x", "1,5", ".5", "NaN", "inf", "NA", "0x1"],
    "Boolean": ["yes", "1", "tRUE", "NA"],
    "Date": ["2020-02-30", "15.1.2020", "2020-1-1", "NA"],
    "Datetime": ["2020-01-15", "2020-01-15T12:00:00Z", "NA", "2020-01-15 12:00:00"],
}


@dataclass(frozen=True)
class Contract:
    """A generated contract, and for each column the kind of its values."""

    dataset: Dataset
    kinds: dict[str, str]


@dataclass(frozen=True)
class Cell:
    """One cell of a generated file: a value, nothing, or a text that is no value of its column's type."""

    value: Any
    unreadable: str = ""


def _checks(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    if kind == "String":
        return st.fixed_dictionaries(
            {},
            optional={
                "isin": st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
                "notin": st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
                "eq": st.sampled_from(WORDS),
                "ne": st.sampled_from(WORDS),
                "str_matches": st.sampled_from(REGEXES),
                "str_contains": st.sampled_from(REGEXES),
                "str_startswith": st.sampled_from(["a", "-"]),
                "str_endswith": st.sampled_from(["b", "t"]),
                "str_length": st.sampled_from([{"min_value": 1}, {"max_value": 2}]),
            },
        )
    if kind == "Boolean":
        return st.fixed_dictionaries({}, optional={"eq": st.booleans()})
    bound = BOUNDS[kind]
    single = dict.fromkeys(("ge", "gt", "le", "lt", "ne", "eq"), bound)
    some = st.lists(VALUES[kind], min_size=1, max_size=5)
    names = ("min_value", "max_value", "include_min", "include_max")
    drawn = st.tuples(VALUES[kind], VALUES[kind], st.booleans(), st.booleans())
    between = drawn.filter(lambda some: some[0] != some[1]).map(
        lambda some: dict(zip(names, (*sorted(some[:2]), *some[2:]), strict=True))
    )
    return st.fixed_dictionaries({}, optional={**single, "isin": some, "notin": some, "in_range": between})


def _across(names: list[str], which: str) -> Any:
    def compared(cls: Any, data: Any) -> Any:
        left, right = (pl.col(name) for name in names)
        expression = left <= right if which == "ordered" else (left == right) | left.is_null()
        return data.lazyframe.select(expression)

    compared.__name__ = which
    return pa.dataframe_check(classmethod(compared))  # type: ignore[arg-type]


def _of_ones_own(name: str, kind: str, which: str) -> Any:
    """A check that somebody wrote: an expression, or a Python function of one value."""

    def small(cls: Any, data: Any) -> Any:
        column = pl.col(data.key)
        text = column.cast(pl.String)
        return data.lazyframe.select(text.str.len_bytes() <= 3)

    def one_by_one(cls: Any, value: Any) -> bool:
        return len(str(value)) % 2 == 0

    how = {"small": small, "one_by_one": one_by_one}[which]
    return pa.check(name, element_wise=which == "one_by_one")(classmethod(how))


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    kinds = draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4))
    named = {f"c{number}": kind for number, kind in enumerate(kinds)}
    body: dict[str, Any] = {"__annotations__": {"key": pl.Int64, **{n: TYPES[k] for n, k in named.items()}}}
    body["key"] = column()
    for name, kind in named.items():
        nullable, unique = draw(st.booleans()), draw(st.integers(0, 4)) == 0
        body[name] = column(nullable=nullable, unique=unique, **draw(_checks(kind)))
    own = draw(st.sampled_from(["", "", "", "small", "one_by_one"]))
    if own:
        name = draw(st.sampled_from(list(named)))
        body[own] = _of_ones_own(name, named[name], own)
    pairs = [[a, b] for a in named for b in named if a < b and named[a] == named[b]]
    if pairs and draw(st.booleans()):
        which = draw(st.sampled_from(["ordered", "same"]))
        body[which] = _across(draw(st.sampled_from(pairs)), which)
    if len(named) > 1 and draw(st.integers(0, 2)) == 0:
        body["Config"] = type("Config", (), {"unique": sorted(named)[:2]})
    row = type("Row", (pa.DataFrameModel,), body)
    made = Dataset(name="made", description="", row=row, key=("key",), reads=Csv(null_values=("",)))
    of_kit = (":type", ":not_null", "key:unique")
    rules = [rule for rule in rule_names(made) if not rule.endswith(of_kit)]
    severe = st.sampled_from([Severity.WARN, Severity.WARN, Severity.QUARANTINE, Severity.REFUSE_FILE])
    severities = draw(st.dictionaries(st.sampled_from(rules), severe, max_size=2)) if rules else {}
    made = replace(made, severities=severities)
    return Contract(made, {"key": "Int64", **named})


@st.composite
def files(draw: st.DrawFn) -> tuple[Contract, list[dict[str, Cell]]]:
    contract = draw(contracts())

    def cell(kind: str) -> st.SearchStrategy[Cell]:
        odd = UNREADABLE.get(kind, [])
        values = VALUES[kind].map(Cell)
        texts = [st.sampled_from(odd).map(lambda text: Cell(None, text))] if odd else []
        return st.one_of(values, values, values, st.just(Cell(None)), *texts)

    row = st.fixed_dictionaries({name: cell(kind) for name, kind in contract.kinds.items()})
    return contract, draw(st.lists(row, min_size=1, max_size=25))


def body(contract: Contract, rows: list[dict[str, Cell]]) -> bytes:
    out = io.StringIO(newline="")
    written = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    written.writerow(contract.kinds)
    for row in rows:
        cells = [row[name] for name in contract.kinds]
        written.writerow([cell.unreadable or _text(cell.value) for cell in cells])
    return out.getvalue().encode()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return "" if value is None else repr(value) if isinstance(value, float) else str(value)


def _as_read(contract: Contract, rows: list[dict[str, Cell]]) -> pl.DataFrame:
    """What a reader makes of the file: nothing where a cell is empty or cannot be read."""
    types = {name: col.dtype.type for name, col in contract.dataset.schema().columns.items()}
    cells = [{name: None if cell.value == "" else cell.value for name, cell in row.items()} for row in rows]
    return pl.DataFrame(cells, schema=types)


def _by_pandera(contract: Contract, frame: pl.DataFrame) -> set[Reason]:
    schema = contract.dataset.schema()
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as found:
        cases = found.failure_cases.iter_rows(named=True)
        return {_reason(schema, case) for case in cases}
    return set()


def _reason(schema: Any, case: dict[str, Any]) -> Reason:
    row, name, check = case["index"] + 1, case["column"], case["check"]
    if check == "not_nullable":
        return row, name, "not_null"
    if check == "field_uniqueness":
        return row, name, "unique"
    if check == "multiple_fields_uniqueness":
        return row, ", ".join(schema.unique), "unique"
    if case["schema_context"] == "DataFrameSchema":
        return row, "", schema.checks[case["check_number"]].name
    return row, name, schema.columns[name].checks[case["check_number"]].name


def differ_where_a_cell_cannot_be_read(rows: list[dict[str, Cell]], reasons: set[Reason]) -> set[Reason]:
    """pandera sees nothing there; we say `type`, and of that column nothing else but that it is not null."""
    odd = {(at, name) for at, row in enumerate(rows, 1) for name, cell in row.items() if cell.unreadable}
    kept = {one for one in reasons if (one[0], one[1]) not in odd}
    return kept | {(at, name, "type") for at, name in odd}


def differ_where_values_are_missing(frame: pl.DataFrame, reasons: set[Reason]) -> set[Reason]:
    """pandera holds two rows without a value for copies of each other; we do not."""
    missing = {
        (at, group)
        for _, group, check in reasons
        if check == "unique"
        for at in frame.select(pl.any_horizontal(pl.col(group.split(", ")).is_null()))
        .to_series()
        .arg_true()
        .to_list()
    }
    return {one for one in reasons if one[2] != "unique" or (one[0] - 1, one[1]) not in missing}


def differ_by_asking_that_a_key_is_unique(frame: pl.DataFrame, reasons: set[Reason]) -> set[Reason]:
    """A dataset's key is unique in a file, whether or not its model says so."""
    copies = (frame["key"].is_duplicated() & frame["key"].is_not_null()).arg_true()
    return reasons | {(at + 1, "key", "unique") for at in copies.to_list()}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(files(), st.sampled_from([64, 300, 1 << 20]))
def test_the_verdict_is_panderas_own_but_for_what_is_written_down(file, piece_bytes):
    contract, rows = file
    frame = _as_read(contract, rows)
    expected = _by_pandera(contract, frame)
    expected = differ_where_a_cell_cannot_be_read(rows, expected)
    expected = differ_where_values_are_missing(frame, expected)
    expected = differ_by_asking_that_a_key_is_unique(frame, expected)
    severities = contract.dataset.severities
    expected, warned = _parted(expected, severities)
    limits = Limits(piece_bytes=piece_bytes, bad_rows=10**6)
    checked = check_in_memory(body(contract, rows), contract.dataset, limits=limits)
    found = {
        (bad["_row"], why["column"], why["check"])
        for bad in checked.bad.iter_rows(named=True)
        for why in bad["_reasons"]
    }
    note(f"only ours: {sorted(found - expected)}; only pandera's: {sorted(expected - found)}")
    assert found == expected
    assert checked.verdict.warnings.counts() == Counter((column, check) for _, column, check in warned)
    refusing = {name for name, severity in severities.items() if severity is Severity.REFUSE_FILE}
    broken = {rule_name(column, check) for _, column, check in expected}
    assert (checked.fault is not None and checked.fault.code == "rule_refuses_file") == bool(
        refusing & broken
    )
    bad_rows = {row for row, _, _ in expected}
    sound = frame.filter(pl.Series([at not in bad_rows for at in range(1, len(rows) + 1)], dtype=pl.Boolean))
    if sound.height and not checked.fault:
        assert checked.good.rows() == sound.rows()
    assert checked.verdict.good_rows + checked.verdict.bad_rows == len(rows)


def _parted(reasons: set[Reason], severities: Any) -> tuple[set[Reason], set[Reason]]:
    """Reasons for which a row is kept apart, and those that only warn."""
    warned = {one for one in reasons if severities.get(rule_name(*one[1:])) is Severity.WARN}
    return reasons - warned, warned
