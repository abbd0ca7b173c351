"""Judge rows that came with types of their own, and put the bad ones as quarantine keeps rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.bad_rows import bad_rows, row_text
from tidegate.contract.batch import NOWHERE, Records
from tidegate.contract.cells import TEXT
from tidegate.contract.compiled import OK
from tidegate.contract.reasons import reasons
from tidegate.contract.verdict import REASON

if TYPE_CHECKING:
    import numpy.typing as npt

    from tidegate.contract.batch import Numbers
    from tidegate.contract.compiled import Plan


def judge_typed(
    plan: Plan, rows: pl.DataFrame, row: Numbers
) -> tuple[pl.DataFrame, npt.NDArray[np.bool_], pl.DataFrame]:
    """Judge typed rows one by one; uniqueness is not asked.

    Args:
        plan: the contract.
        rows: at least its columns.
        row: the number of each row.

    Returns:
        The good rows, typed as the contract has them; for each row whether it is good; the bad rows as
        `BAD_SCHEMA`, their values as JSON in the place of text and bytes.
    """
    judged = plan.judged_typed(rows)
    keeps = judged[OK].to_numpy()
    good = judged.filter(OK).select(plan.columns)
    chosen = np.flatnonzero(~keeps)
    some = judged[chosen]
    return good, keeps, _bad(plan, some, row[chosen], reasons(plan, some, {}))


def refused(plan: Plan, rows: pl.DataFrame, row: Numbers, reason: dict[str, str]) -> pl.DataFrame:
    """Typed rows that keep the contract, refused for one reason beyond it, as `BAD_SCHEMA`."""
    why = pl.Series([[reason]] * rows.height, dtype=pl.List(REASON))
    return _bad(plan, plan.judged_typed(rows), row, why)


def _bad(plan: Plan, judged: pl.DataFrame, row: Numbers, why: pl.Series) -> pl.DataFrame:
    nowhere = np.full(judged.height, NOWHERE, dtype=np.int64)
    raw = _as_json(plan, judged)
    return bad_rows(Records(row, nowhere, nowhere, nowhere, raw), row_text(plan, judged, raw), why)


def _as_json(plan: Plan, judged: pl.DataFrame) -> list[bytes]:
    values = pl.struct(pl.col(TEXT + name).alias(name) for name in plan.columns)
    return [one.encode() for one in judged.select(json=values.struct.json_encode())["json"]]
