"""Sound records as a frame of text cells, nulls already nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.cells import TEXT
from tidegate.contract.reading.bits import side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.compiled import Plan
    from tidegate.contract.formats import Csv
    from tidegate.contract.reading.arrange import Arrangement

_BOM = b"\xef\xbb\xbf"


def read_text(records: bytes, plan: Plan, form: Csv, columns: Arrangement) -> pl.DataFrame:
    """Parse records whose structure was checked: text columns for the contract's, and what came beside."""
    names = columns.fields()
    if not records:
        return columns.settled(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), plan)
    text = pl.read_csv(
        _BOM + records if records.startswith(_BOM) else records,  # it takes the first for a mark, and away
        has_header=False,
        new_columns=names,
        separator=form.delimiter,
        quote_char=form.quote,
        infer_schema=False,
        empty_string_is_null="" in form.null_values,
        null_values=[null for null in form.null_values if null],
    )
    if _quotes_nulls(records, form):
        text = text.with_columns(pl.when(~pl.all().is_in(form.null_values)).then(pl.all()))
    cells = columns.settled(text, plan)
    return cells if form.decimal == "." else cells.with_columns(_with_points(plan, form))


def _quotes_nulls(records: bytes, form: Csv) -> bool:
    """Whether a spelling of nothing may stand in quotes, which polars takes for a value."""
    quote = (form.quote or "").encode()
    if not quote or quote not in records:
        return False
    some = (null.encode().replace(quote, quote * 2) for null in form.null_values if null)
    if any(quote + null + quote in records for null in some):
        return True
    return "" in form.null_values and side_by_side(np.frombuffer(records, dtype=np.uint8), quote[0])


def _with_points(plan: Plan, form: Csv) -> Iterator[pl.Expr]:
    """Fractions with a decimal point; a point that is there already makes it no number."""
    for name, kind in plan.types.items():
        if kind.is_float() or kind.is_decimal():
            cell = pl.col(TEXT + name)
            refused = cell + f" (the decimal mark is {form.decimal})"
            written = cell.str.replace(form.decimal, ".", literal=True)
            yield pl.when(cell.str.contains(".", literal=True)).then(refused).otherwise(written)
