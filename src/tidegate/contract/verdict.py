"""What checking a file or a request comes to, as values: good rows, bad rows with all their reasons, or one
fault.

Bad data is normal, so nothing here is an error. `report` puts a verdict into the words of quarantine's
`report.json`: counted per rule, five examples each, bounded, personal values masked, formulas defused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset

ROW, LINE, RAW, REASONS = "_row", "_line", "_raw", "_reasons"
REASON: pl.DataType = pl.Struct({"column": pl.String, "check": pl.String, "said": pl.String})
BAD_SCHEMA = pl.Schema([(ROW, pl.Int64), (LINE, pl.Int64), (RAW, pl.String), (REASONS, pl.List(REASON))])
MASK = "•••"
SAID_LIMIT = 200
_EXAMPLES = 5
_RULES = 200
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class FileFault:
    """Why a file as a whole is refused; `code` is one of `FAULTS`."""

    code: str
    what: str
    next_step: str


FAULTS = {
    "empty_file": "there is not a byte in it",
    "header_only": "a header, and no row after it",
    "header_mismatch": "the header is not the contract's columns in the contract's order",
    "not_text": "the bytes are no UTF-8 text",
    "torn_gzip": "the gzip ends early or is damaged",
    "too_large": "the file, its unpacked size or one record is above the limit",
    "too_many_bad_rows": "most of the rows are bad: the file, not the row, is wrong",
    "no_good_rows": "no row keeps the contract",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a file came to. With a `fault` nothing may be published; `bad` holds what was found by then."""

    dataset: str
    contract_version: str
    total_rows: int  # data rows read; on a fault that stopped the reading, those read until then
    good: pl.DataFrame  # the contract's columns, typed, in its order
    bad: pl.DataFrame  # BAD_SCHEMA: row number, line of the file, original text, every reason
    fault: FileFault | None = None

    def counts(self) -> dict[tuple[str, str], int]:
        """How many bad rows break each rule: (column, check) to rows; no column for rules across columns."""
        if not self.bad.height:
            return {}
        broken = self.bad.select(pl.col(REASONS).explode().struct.unnest()).group_by("column", "check").len()
        ordered = broken.sort(["len", "column", "check"], descending=[True, False, False])
        return {(column, check): rows for column, check, rows in ordered.iter_rows()}


@dataclass(frozen=True, kw_only=True)
class RowError:
    """One value of a request that breaks the contract, or one column that is missing or unknown."""

    row: int
    column: str
    check: str
    said: str


@dataclass(frozen=True, kw_only=True)
class RowsVerdict:
    """What the rows of a request came to: typed rows if nothing is wrong, else no rows and every error."""

    rows: pl.DataFrame
    errors: tuple[RowError, ...]


def defused(text: str, limit: int = SAID_LIMIT) -> str:
    """The text, bounded, and with what a spreadsheet would run as a formula turned into plain text."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return f"'{short}" if short.startswith(_FORMULA_STARTS) else short


def report(verdict: Verdict, dataset: Dataset, *, source: str) -> dict[str, Any]:
    """A verdict as the JSON of quarantine's report: bounded, masked, and grouped by rule.

    Args:
        verdict: what `check` returned.
        dataset: the contract that was checked.
        source: the file's address, as people should read it.
    """
    counts = verdict.counts()
    fault = verdict.fault
    return {
        "dataset": verdict.dataset,
        "source": defused(source, 1200),
        "contract_version": verdict.contract_version,
        "fault": None
        if fault is None
        else {"code": fault.code, "what": fault.what, "next_step": fault.next_step},
        "total_rows": verdict.total_rows,
        "good_rows": verdict.good.height,
        "bad_rows": verdict.bad.height,
        "rules": [_rule(verdict, *rule, rows) for rule, rows in list(counts.items())[:_RULES]],
        "rules_left_out": max(0, len(counts) - _RULES),
        "masked_columns": sorted(dataset.personal()),
    }


def _rule(verdict: Verdict, column: str, check: str, rows: int) -> dict[str, Any]:
    reasons = verdict.bad.lazy().select(ROW, LINE, REASONS).explode(REASONS).unnest(REASONS)
    broken = (
        reasons.filter((pl.col("column") == column) & (pl.col("check") == check)).head(_EXAMPLES).collect()
    )
    examples = [
        {"row": row, "line": line, "said": defused(said)}
        for row, line, said in broken.select(ROW, LINE, "said").rows()
    ]
    return {"column": column, "check": check, "rows": rows, "examples": examples}
