"""What checking a file or a request comes to, as values: good rows, bad rows with all their reasons, or one
fault.

Bad data is normal, so nothing here is an error. `report` puts a verdict into the words of quarantine's
`report.json`: counted per rule, five examples each, bounded, personal values masked, formulas defused.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.changes import Difference

if TYPE_CHECKING:
    from collections.abc import Iterable

ROW, LINE, OFFSET, LENGTH = "_row", "_line", "_offset", "_length"
RAW, BYTES, REASONS = "_raw", "_bytes", "_reasons"
REASON: pl.DataType = pl.Struct({"column": pl.String, "check": pl.String, "said": pl.String})
BAD_SCHEMA = pl.Schema(
    [
        *((name, pl.Int64) for name in (ROW, LINE, OFFSET, LENGTH)),
        (RAW, pl.String),  # as text, personal cells masked
        (BYTES, pl.Binary),  # as it came
        (REASONS, pl.List(REASON)),
    ]
)
MASK = "•••"
SAID_LIMIT = 200
EXAMPLES = 5
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
    "wrong_format": "the bytes, or the name, are of a format that the contract does not name",
    "torn_gzip": "the gzip ends early or is damaged",
    "torn_zstd": "the zstd ends early or is damaged",
    "torn_bzip2": "the bzip2 ends early or is damaged",
    "torn_json": "the list of objects is never closed, or cannot be followed to its end",
    "torn_parquet": "the Parquet file ends early, is damaged, or contradicts itself",
    "torn_excel": "the workbook is damaged",
    "reader_failed": "the library that reads it breaks down on it",
    "too_deep": "lists and objects stand too deep in each other",
    "too_large": "the file, its unpacked size or one record is above the limit",
    "too_many_bad_rows": "most of the rows are bad: the file, not the row, is wrong",
    "no_good_rows": "no row keeps the contract",
    "rule_refuses_file": "a rule is broken that the contract refuses a file for",
}

BROKE_DOWN = FileFault(
    code="reader_failed",
    what=FAULTS["reader_failed"],
    next_step="Tell the maintainers what kind of file it is, and replay it when that is mended",
)

Broken = tuple[str, str]  # a rule: column (none for a rule across columns) and check


@dataclass(frozen=True)
class Example:
    """One row that breaks a rule."""

    row: int
    line: int
    said: str


@dataclass
class Tally:
    """How many rows break each rule, with the first few of them; personal values are masked already."""

    rows: Counter[Broken] = field(default_factory=Counter)
    examples: dict[Broken, list[Example]] = field(default_factory=dict)

    def add(self, bad: pl.DataFrame) -> None:
        """Count rows that have the columns ROW, LINE and REASONS of `BAD_SCHEMA`."""
        if not bad.height:
            return
        each = bad.lazy().select(ROW, LINE, REASONS).explode(REASONS).unnest(REASONS)
        shown = pl.struct(ROW, LINE, "said").head(EXAMPLES).alias("shown")
        found = each.group_by("column", "check", maintain_order=True).agg(pl.len(), shown).collect()
        for column, check, rows, examples in found.iter_rows():
            kept = self.examples.setdefault((column, check), [])
            kept += [Example(one[ROW], one[LINE], one["said"]) for one in examples[: EXAMPLES - len(kept)]]
            self.rows[column, check] += rows

    def more(self, rule: Broken, rows: int, examples: Iterable[Example] = ()) -> None:
        """Count some rows for a rule; examples are taken while there are too few."""
        self.rows[rule] += rows
        kept = self.examples.setdefault(rule, [])
        kept += list(examples)[: EXAMPLES - len(kept)]

    def counts(self) -> dict[Broken, int]:
        """Rows for each rule, the most broken first."""
        ordered = sorted(self.rows.items(), key=lambda item: (-item[1], item[0]))
        return dict(ordered)

    def worst(self) -> str:
        """The rule that most rows break, in words: `state: reference (12)`; empty if none is broken."""
        (column, rule), rows = next(iter(self.counts().items()), (("", ""), 0))
        return f"{column or 'the row'}: {rule} ({rows:,})" if rows else ""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a file came to. With a `fault` nothing may be published; its counts are of what was read."""

    dataset: str
    contract_version: str
    total_rows: int
    good_rows: int
    bad_rows: int
    tally: Tally
    warnings: Tally = field(default_factory=Tally)  # rows that break rules which only warn, published or not
    fault: FileFault | None = None
    difference: Difference = field(default_factory=Difference)  # of what arrived from its contract


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


def report(verdict: Verdict, personal: Iterable[str], *, source: str) -> dict[str, Any]:
    """A verdict as the JSON of quarantine's report: bounded, masked, and grouped by rule.

    Args:
        verdict: what `check` returned.
        personal: the columns that are masked.
        source: the file's address, as people should read it.
    """
    counts = verdict.tally.counts()
    fault = verdict.fault
    return {
        "dataset": verdict.dataset,
        "source": defused(source, 1200),
        "contract_version": verdict.contract_version,
        "fault": None
        if fault is None
        else {"code": fault.code, "what": fault.what, "next_step": fault.next_step},
        "total_rows": verdict.total_rows,
        "good_rows": 0 if fault else verdict.good_rows,
        "bad_rows": verdict.bad_rows,
        "rules": [_rule(verdict.tally, rule, rows) for rule, rows in list(counts.items())[:_RULES]],
        "rules_left_out": max(0, len(counts) - _RULES),
        "warnings": [
            _rule(verdict.warnings, rule, rows)
            for rule, rows in list(verdict.warnings.counts().items())[:_RULES]
        ],
        "masked_columns": sorted(personal),
    }


def _rule(tally: Tally, rule: Broken, rows: int) -> dict[str, Any]:
    column, check = rule
    examples = [{"row": one.row, "line": one.line, "said": defused(one.said)} for one in tally.examples[rule]]
    return {"column": column, "check": check, "rows": rows, "examples": examples}
