"""Bad rows as quarantine keeps them: where each stood, what it was, why it is bad."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import TEXT
from tidegate.contract.verdict import BAD_SCHEMA, BYTES, LENGTH, LINE, MASK, OFFSET, RAW, REASONS, ROW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.contract.batch import Records
    from tidegate.contract.compiled import Plan


def bad_rows(evidence: Records, text: Sequence[str], why: pl.Series) -> pl.DataFrame:
    """A frame of `BAD_SCHEMA`: evidence of some rows, their masked text, their reasons."""
    columns = {
        ROW: evidence.row,
        LINE: evidence.line,
        OFFSET: evidence.offset,
        LENGTH: evidence.length,
        RAW: text,
        BYTES: evidence.raw,
        REASONS: why,
    }
    return pl.DataFrame(columns, schema=BAD_SCHEMA)


def no_row(plan: Plan, evidence: Records) -> list[str]:
    """The text of records that are no rows: nobody can tell their cells, so all is masked if any may be."""
    return [MASK] * len(evidence.raw) if plan.personal else as_text(evidence.raw)


def row_text(plan: Plan, judged: pl.DataFrame, raw: Sequence[bytes]) -> list[str]:
    """The text of rows: as they came; where some cells are personal, as JSON with those masked."""
    if not plan.personal:
        return as_text(raw)
    shown = [
        pl.repeat(MASK, pl.len()).alias(name) if name in plan.personal else pl.col(TEXT + name).alias(name)
        for name in plan.columns
    ]
    return judged.select(pl.struct(shown).struct.json_encode().alias(RAW))[RAW].to_list()


def as_text(raw: Sequence[bytes]) -> list[str]:
    """Bytes as text; what is no UTF-8 shows as `\\xe9`."""
    return [one.decode(errors="backslashreplace") for one in raw]
