"""Which rows of a file share their key with another row: every copy is bad, for nobody can say which one is
right."""

from __future__ import annotations

import polars as pl


def repeated(rows: pl.DataFrame, group: tuple[str, ...]) -> pl.Series:
    """True for each row whose values in `group` stand in another row too; never for one without a value."""
    keys = rows.select(group)
    if keys.height < 2:
        return pl.repeat(False, keys.height, dtype=pl.Boolean, eager=True)
    # comparing hashes takes a fraction of the memory; the few rows whose hashes meet are compared themselves
    meets = keys.hash_rows().is_duplicated()
    if not meets.any():
        return meets
    few = keys.filter(meets)
    copies = few.is_duplicated() & few.select(kept=pl.all_horizontal(pl.all().is_not_null()))["kept"]
    return meets.scatter(meets.arg_true(), copies)
