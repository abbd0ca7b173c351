"""Rules of a file as a whole: how many rows, how many of them bad, how fresh; judged once it was read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from tidegate.contract.severity import Severity

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True)
class RowCount:
    """A file has at least and at most so many rows, the bad ones counted."""

    least: int = 1
    most: int | None = None
    severity: Severity = Severity.REFUSE_FILE
    check: str = field(default="row_count", init=False)
    column: str = field(default="", init=False)


@dataclass(frozen=True, kw_only=True)
class BadShare:
    """At most this share of a file's rows is bad, be they few or many."""

    most: float
    severity: Severity = Severity.REFUSE_FILE
    check: str = field(default="bad_share", init=False)
    column: str = field(default="", init=False)


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """The newest value of a date or timestamp lies at most this long before the file landed.

    A date counts as its end, and a time without a zone as UTC.
    """

    column: str
    within: timedelta
    severity: Severity = Severity.REFUSE_FILE
    check: str = field(default="freshness", init=False)


FileRule = RowCount | BadShare | Freshness


@dataclass(frozen=True)
class Found:
    """A file rule that is broken, and how."""

    rule: FileRule
    said: str


@dataclass
class Gauge:
    """What a file's rules need to know of it, gathered batch by batch."""

    rules: tuple[FileRule, ...]
    newest: dict[str, date | datetime] = field(default_factory=dict)

    def see(self, good: pl.DataFrame) -> None:
        """Look at some good rows."""
        for rule in self.rules:
            if isinstance(rule, Freshness):
                value = good[rule.column].max()
                if isinstance(value, date) and value > self.newest.get(rule.column, value - _NO_TIME):
                    self.newest[rule.column] = value

    def broken(self, total: int, bad: int, landed_at: datetime | None) -> list[Found]:
        """The rules that the file breaks; freshness is not judged of a file that never landed."""
        told = [(rule, self._said(rule, total, bad, landed_at)) for rule in self.rules]
        return [Found(rule, said) for rule, said in told if said]

    def _said(self, rule: FileRule, total: int, bad: int, landed_at: datetime | None) -> str:
        if isinstance(rule, RowCount):
            if total < rule.least:
                return f"it has {total:,} rows, and at least {rule.least:,} are due"
            if rule.most is not None and total > rule.most:
                return f"it has {total:,} rows, and at most {rule.most:,} are allowed"
            return ""
        if isinstance(rule, BadShare):
            over = total and bad > rule.most * total
            return f"{bad:,} of {total:,} rows are bad, more than a share of {rule.most:.4g}" if over else ""
        return "" if landed_at is None else self._staleness(rule, landed_at)

    def _staleness(self, rule: Freshness, landed_at: datetime) -> str:
        newest = self.newest.get(rule.column)
        if newest is None:
            return f"no good row says {rule.column}, by which its freshness is judged"
        age = landed_at - _instant(newest)
        if age <= rule.within:
            return ""
        allowed = f"and at most {_days(rule.within)} are allowed"
        return f"the newest {rule.column} is {_days(age)} older than the file, {allowed}"


_NO_TIME = timedelta(days=1)


def _instant(value: date | datetime) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return datetime.combine(value, time.max, tzinfo=UTC)


def _days(length: timedelta) -> str:
    return f"{length / timedelta(days=1):.4g} days"
