"""From what a column holds to how a person would declare it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.infer import kinds, numbers, shapes
from tidegate.contract.infer.draft import DraftColumn
from tidegate.contract.infer.kinds import BOOL, DATE, DECIMAL, FLOAT, INT, KINDS, MOMENT, MOMENT_UTC, TIMES
from tidegate.contract.infer.personal import looks_personal
from tidegate.contract.infer.profile import SPELLINGS_OF_NOTHING

if TYPE_CHECKING:
    from collections.abc import Collection

    from tidegate.contract.infer.profile import Column

WRITTEN = {
    INT: "int",
    FLOAT: "float",
    BOOL: "bool",
    DATE: "datetime.date",
    MOMENT_UTC: 'Annotated[pl.Datetime, "us", "UTC"]',
    MOMENT: 'Annotated[pl.Datetime, "us", None]',
}
_GIVEN: tuple[tuple[pl.DataType, str, str], ...] = (
    (pl.Boolean(), BOOL, "bool"),
    (pl.Date(), DATE, "datetime.date"),
    (pl.Float64(), FLOAT, "float"),
    (pl.Float32(), FLOAT, "pl.Float32"),
    (pl.Int64(), INT, "int"),
    *(
        (kind, INT, f"pl.{kind}")
        for kind in (pl.Int8(), pl.Int16(), pl.Int32(), pl.UInt8(), pl.UInt16(), pl.UInt32())
    ),
)
_NEARLY = 0.02  # so few cells that are no numbers are mistakes, more likely than not
_ALMOST_NOTHING = 0.5


def declared(
    column: Column, name: str, cells: pl.Series, nulls: Collection[str], allowed: Collection[str]
) -> DraftColumn:
    """How one column is declared.

    Args:
        column: what it holds.
        name: what it is called from now on.
        cells: its first cells.
        nulls: the spellings of nothing that the contract will have.
        allowed: the kinds that it may be; none where the format itself gives the type.
    """
    missing = column.empty + sum(rows for word, rows in column.nothing.items() if word in nulls)
    draft = DraftColumn(name, column.header, "str", kinds.TEXT_KIND, nullable=missing > 0)
    held = cells.filter(~cells.is_in(list(SPELLINGS_OF_NOTHING)).fill_null(True))
    draft.personal = looks_personal(name, held)
    if column.nested or missing == column.rows:
        draft.nullable = True
        draft.comments.append("nothing stands here in the sample, so its type is not known")
        return draft
    if allowed:
        draft.kind = kind_of(column, nulls, allowed)
        _of_text(draft, column, allowed)
    else:
        _of_format(draft, column)
    if draft.personal:
        draft.comments.insert(
            0, "looks personal, so it is masked in reports; OnArrival.HASH hides it from readers too"
        )
    else:
        _add_rules(draft, column, held)
    return draft


def kind_of(column: Column, nulls: Collection[str], allowed: Collection[str]) -> str:
    """The first kind that every cell is written as."""
    values = [word for word in column.nothing if word not in nulls]
    if values or not column.held:
        return kinds.TEXT_KIND
    fitting = [kind for kind in KINDS if kind in allowed and column.misfits.get(kind) == 0]
    if fitting[:1] == [DECIMAL] and not _is_money(column):
        fitting = [kind for kind in fitting if kind != DECIMAL]
    return fitting[0] if fitting else kinds.TEXT_KIND


def _is_money(column: Column) -> bool:
    from tidegate.contract.infer.names import names_of

    (name,) = names_of([column.header])
    named = numbers.is_money(name) and column.fraction <= numbers.MOST_MONEY_DIGITS
    return named or (
        column.fraction == 2 and column.cents == column.held and column.held > 1 and column.cents > 2
    )


def _of_text(draft: DraftColumn, column: Column, allowed: Collection[str]) -> None:
    if draft.kind == DECIMAL:
        draft.type = (
            f"Annotated[pl.Decimal, {max(12, column.whole + column.fraction + 2)}, {max(2, column.fraction)}]"
        )
        return
    if draft.kind != kinds.TEXT_KIND:
        draft.type = WRITTEN[draft.kind]
        return
    for at, (pattern, what, how) in enumerate(kinds.SPELLINGS):
        if column.spelt.get(at) == column.held:
            draft.comments.append(f"{what}, which a contract reads as text; in `transform`: {how}")
            if not pattern.startswith(("(?i)", "^[€")) and not draft.personal:
                draft.rules["str_matches"] = f'r"{pattern}"'
            return
    _tell_strangers(draft, column, allowed)


def _tell_strangers(draft: DraftColumn, column: Column, allowed: Collection[str]) -> None:
    """Say which few cells keep a column from being numbers or days."""
    for kind in (one for one in (INT, FLOAT, BOOL, *TIMES) if one in allowed):
        wrong = column.misfits.get(kind)
        if wrong and wrong <= max(_NEARLY * column.held, 3) and wrong * 2 < column.held:
            shown = ", ".join(repr(cell[:30]) for cell in column.strangers[kind])
            examples = "" if draft.personal else f" ({shown})"
            draft.comments.append(
                f"text because of {wrong:,} of {column.held:,} cells{examples}; "
                f"as {WRITTEN[kind]} it would send their rows to quarantine"
            )
            return
    if (mixed := [word for word in column.nothing if word]) and column.misfits.get(INT) == 0:
        draft.comments.append(f"text because of {', '.join(map(repr, mixed[:3]))}")


def _of_format(draft: DraftColumn, column: Column) -> None:
    """The type that the format itself gives."""
    given = column.given
    for kind, name, written in _GIVEN:
        if given == kind:
            draft.kind, draft.type = name, written
            return
    if isinstance(given, pl.Datetime):
        draft.kind, zone = (MOMENT_UTC, f', "{given.time_zone}"') if given.time_zone else (MOMENT, ", None")
        draft.type = f'Annotated[pl.Datetime, "us"{zone}]'
        if given.time_unit == "ns":
            draft.comments.append(
                "nanoseconds in the file: rows with digits below microseconds are quarantined"
            )
    elif isinstance(given, pl.Decimal):
        draft.kind, draft.type = DECIMAL, f"Annotated[pl.Decimal, {given.precision}, {given.scale}]"
    elif given == pl.UInt64():
        draft.kind, draft.type = DECIMAL, "Annotated[pl.Decimal, 20, 0]"
    elif given not in (pl.String(), pl.Null()) and not isinstance(given, pl.Categorical | pl.Enum):
        draft.comments.append(
            f"{given} in the file, which no contract holds: write it as text, or leave it out"
        )


def _add_rules(draft: DraftColumn, column: Column, held: pl.Series) -> None:
    if draft.kind in (INT, DECIMAL, FLOAT):
        ends = column.ends.get(draft.kind) or column.ends.get(FLOAT)
        if ends is None:
            return
        low, high = (float(end) for end in ends if isinstance(end, int | float | Decimal))
        if column.held < numbers.LEAST_ROWS:
            return
        draft.rules, said = numbers.range_of(draft.name, low, high)
        if draft.type == "int" and "le" in draft.rules and column.held >= numbers.LEAST_TO_NARROW:
            bounds = [float(draft.rules[one]) for one in ("ge", "le") if one in draft.rules]
            draft.type = numbers.integer_type(min([low, *bounds]), max([high, *bounds]))
        if said:
            draft.comments.append(said)
        if draft.kind == INT and (low, high) == (0, 1):
            draft.comments.append("0 and 1: perhaps a truth, which a contract reads as true and false alone")
    elif draft.kind == kinds.TEXT_KIND and not draft.rules:
        _add_text_rules(draft, column, held)


def _add_text_rules(draft: DraftColumn, column: Column, held: pl.Series) -> None:
    if (few := shapes.allowed_values(column.values)) is not None:
        draft.rules["isin"] = few
        draft.comments.append("guess: the values of the sample")
    elif (shape := shapes.code_shape(held)) is not None:
        draft.rules["str_matches"] = f'r"{shape}"' if "\\" in shape else f'"{shape}"'
        draft.comments.append("guess: the shape that all have in the sample")
