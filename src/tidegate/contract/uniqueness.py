"""Which rows of a file share their key with another row: every copy is bad, for nobody can say which one is
right."""

from __future__ import annotations

import polars as pl


def repeated(rows: pl.DataFrame, group: tuple[str, ...]) -> pl.Series:
    """True for each row whose values in `group` stand in another row too; never for one without a value."""
    keys = rows.select(group)
    if keys.height < 2:
        return pl.repeat(False, keys.height, dtype=pl.Boolean, eager=True)
    complete = keys.select(pl.all_horizontal(pl.all().is_not_null()).alias("complete"))["complete"]
    if complete.all():
        return keys.is_duplicated()
    return keys.is_duplicated() & complete
