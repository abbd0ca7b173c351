"""Why each bad row is bad: every rule that it breaks, in words, with personal values masked.

Only bad rows come here, so this may cost what the pass over all rows may not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import TEXT
from tidegate.contract.severity import NOT_NULL, Severity
from tidegate.contract.verdict import MASK, REASON, REASONS, SAID_LIMIT

if TYPE_CHECKING:
    from tidegate.contract.compiled import Plan, Rule

_AT = "_at"
_SHOWN = 80


def reasons(plan: Plan, judged: pl.DataFrame, repeated: dict[tuple[str, ...], pl.Series]) -> pl.Series:
    """The list of reasons of each row, in the order of the contract's rules.

    Args:
        plan: the contract.
        judged: rows with their text cells and their typed columns.
        repeated: for each unique group of columns, which rows share their values with another row.
    """
    found = [broken(plan, rule, judged) for rule in _broken_by_any(plan, judged)]
    found += [_repeats(group, judged, mask) for group, mask in repeated.items()]
    every = pl.concat([pl.DataFrame(schema={_AT: pl.UInt32, "reason": REASON}), *found])
    grouped = every.group_by(_AT, maintain_order=True).agg(pl.col("reason").alias(REASONS))
    rows = pl.DataFrame({_AT: pl.int_range(judged.height, dtype=pl.UInt32, eager=True)})
    return rows.join(grouped, on=_AT, how="left", maintain_order="left")[REASONS].fill_null([])


def with_more(why: pl.Series, more: pl.Series) -> pl.Series:
    """Each row's reasons, and more of them; where a cell could not be read, no rule judges its column."""
    merged = []
    for rules, others in zip(why.to_list(), more.to_list(), strict=True):
        unread = {other["column"] for other in others if other["column"]}
        merged.append([rule for rule in rules if rule["column"] not in unread] + others)
    return pl.Series(REASONS, merged, dtype=pl.List(REASON))


def _broken_by_any(plan: Plan, judged: pl.DataFrame) -> list[Rule]:
    """The rules that some of the rows break, by one look at all rules but the slow ones, perhaps broken."""
    rules = [rule for rule in plan.rules if rule.severity is not Severity.WARN]
    asked = {str(at): rule.keeps for at, rule in enumerate(rules) if rule.keeps is not None}
    told = judged.select(pl.lit(True).alias("_"), *(keeps.all().alias(name) for name, keeps in asked.items()))
    kept = told.row(0, named=True)
    return [rule for at, rule in enumerate(rules) if not kept.get(str(at), False)]


def broken(plan: Plan, rule: Rule, judged: pl.DataFrame) -> pl.DataFrame:
    """The index (`_at`) of each row that breaks a rule, and the `reason`."""
    if rule.slow is not None:
        keeps = rule.slow(judged.select(plan.columns))
    else:
        keeps = judged.select(
            pl.lit(True).alias("keeps") if rule.keeps is None else rule.keeps.alias("keeps")
        )["keeps"]
    rows = judged.with_row_index(_AT).filter(~keeps)
    return _reasoned(rows, rule.column, rule.check, _said(plan, rule))


def _repeats(group: tuple[str, ...], judged: pl.DataFrame, mask: pl.Series) -> pl.DataFrame:
    reason = copy_reason(group)
    rows = judged.with_row_index(_AT).filter(mask)
    return _reasoned(rows, reason["column"], reason["check"], pl.lit(reason["said"]))


def copy_reason(group: tuple[str, ...]) -> dict[str, str]:
    """Why a row is bad whose values in `group` stand in another row too."""
    names = ", ".join(group)
    return {
        "column": names,
        "check": "unique",
        "said": f"another row of this file has the same {names}",
    }


def _reasoned(rows: pl.DataFrame, column: str, check: str, said: pl.Expr) -> pl.DataFrame:
    if not rows.height:
        return pl.DataFrame(schema={_AT: pl.UInt32, "reason": REASON})
    reason = pl.struct(pl.lit(column).alias("column"), pl.lit(check).alias("check"), said.alias("said"))
    return rows.select(_AT, reason.cast(REASON).alias("reason"))


def _said(plan: Plan, rule: Rule) -> pl.Expr:
    if rule.of_kit and rule.check == NOT_NULL:
        return pl.lit("nothing stands here")
    if rule.column:
        verb = "is no" if rule.of_kit else "breaks"
        return pl.format("{} {} {}", _shown(plan, rule.column), pl.lit(verb), pl.lit(rule.words[:SAID_LIMIT]))
    values = [pl.format("{}={}", pl.lit(name), _shown(plan, name)) for name in rule.reads[:8]]
    return pl.format("{} ({})", pl.lit(rule.words[:SAID_LIMIT]), pl.concat_str(values, separator=", "))


def _shown(plan: Plan, column: str) -> pl.Expr:
    """The cell as it was written, quoted and bounded; masked when it is personal."""
    if column in plan.personal:
        return pl.lit(MASK)
    bounded = pl.col(TEXT + column).str.replace(rf"(?s)^(.{{{_SHOWN}}}).+$", "${1}…")
    # not `when` and `format`: polars 2.1 panics where one meets the other and no row is left
    return pl.concat_str(pl.lit("'"), bounded, pl.lit("'")).fill_null("nothing")
