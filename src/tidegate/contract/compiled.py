"""A compiled contract: what turns cells into typed rows, and what each row must keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from tidegate.contract.cells import MORE, TEXT
from tidegate.contract.formats import Csv
from tidegate.contract.severity import NOT_NULL, Severity, rule_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tidegate.contract.file_rules import FileRule
    from tidegate.contract.formats import Format

OK = "_ok"
_FEW = 1000
_AS_WRITTEN = pl.QueryOptFlags.none()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule of a contract."""

    column: str  # empty for a rule across columns
    check: str
    words: str  # what the rule asks, for people
    reads: tuple[str, ...]
    keeps: pl.Expr | None = None  # true where a row keeps the rule, never null
    slow: Callable[[pl.DataFrame], pl.Series] | None = None  # the same, of a whole chunk
    of_kit: bool = False  # `type` and `not_null` are the kit's own; a person's check may bear these names
    severity: Severity = Severity.QUARANTINE


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A compiled contract: what turns text into typed rows, and what each row must keep."""

    dataset: str
    version: str  # of the contract
    formats: tuple[Format, ...]
    types: dict[str, pl.DataType]
    casts: tuple[pl.Expr, ...]
    rules: tuple[Rule, ...]
    unique: tuple[tuple[str, ...], ...]
    personal: frozenset[str]
    headers: tuple[str, ...]  # what files call the columns, in the contract's order
    severities: Mapping[tuple[str, str], Severity]  # of the rules, by column and check, that differ from most
    file_rules: tuple[FileRule, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The contract's columns, in its order."""
        return tuple(self.types)

    @property
    def nulls(self) -> tuple[str, ...]:
        """The spellings of nothing in its text files, which a request may use too."""
        return next((form.null_values for form in self.formats if isinstance(form, Csv)), ())

    @property
    def slow_checks(self) -> tuple[str, ...]:
        """The checks that run as Python functions, chunk by chunk."""
        return tuple(rule_name(rule.column, rule.check) for rule in self.rules if rule.slow)

    @cached_property
    def warnings(self) -> tuple[Rule, ...]:
        """The rules that only warn."""
        return tuple(rule for rule in self.rules if rule.severity is Severity.WARN)

    def warns(self, column: str, check: str) -> bool:
        """Whether breaking this rule has no consequence but a warning."""
        return self.severities.get((column, check)) is Severity.WARN

    @cached_property
    def _ok(self) -> pl.Expr:
        """Whether a row keeps every rule, less those that only warn.

        A column that must have a value has none if its type is broken.
        """
        filled = {rule.column for rule in self.rules if rule.of_kit and rule.check == NOT_NULL}
        keeps = [pl.col(name).is_not_null() for name in self.types if name in filled]
        for rule in self.rules:
            said_already = rule.of_kit and rule.column in filled
            if rule.keeps is not None and not said_already and rule.severity is not Severity.WARN:
                keeps.append(rule.keeps)
        return (pl.all_horizontal(keeps) if keeps else pl.lit(True)).alias(OK)

    def only(self, columns: Iterable[str]) -> Plan:
        """The plan of some columns: all rules that read no other; uniqueness is left out."""
        wanted = set(columns)
        called = zip(self.types, self.headers, strict=True)
        return replace(
            self,
            headers=tuple(header for name, header in called if name in wanted),
            types={name: kind for name, kind in self.types.items() if name in wanted},
            casts=tuple(cast for cast in self.casts if cast.meta.output_name() in wanted),
            rules=tuple(rule for rule in self.rules if wanted.issuperset(rule.reads)),
            unique=(),
        )

    def judged(self, text: pl.DataFrame) -> pl.DataFrame:
        """Text cells in; typed columns and `_ok` out, row by row."""
        lazy = text.lazy().with_columns(self.casts).with_columns(self._ok)
        # optimising a query costs as much as running it on the few rows of a request
        frame = lazy.collect(optimizations=_AS_WRITTEN) if text.height <= _FEW else lazy.collect()
        return self._slowly(frame)

    def judged_typed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Rows with types of their own in; text cells, the contract's types and `_ok` out.

        A value that the contract's type would round, cut or overflow becomes nothing, and its row is bad. Its
        text is only what a reason quotes.
        """
        texts = [pl.col(name).cast(pl.String).alias(TEXT + name) for name in self.types]
        cells = [_unchanged(name, rows.schema[name], kind) for name, kind in self.types.items()]
        more = [name for name in rows.columns if name.startswith(MORE)]
        return self._slowly(rows.select(*cells, *texts, *more).with_columns(self._ok))

    def _slowly(self, frame: pl.DataFrame) -> pl.DataFrame:
        for rule in self.rules:
            if rule.slow is not None and rule.severity is not Severity.WARN:
                frame = frame.with_columns((frame[OK] & rule.slow(frame.select(self.columns))).alias(OK))
        return frame


def _unchanged(column: str, given: pl.DataType, kind: pl.DataType) -> pl.Expr:
    """The value in the contract's type, or nothing where that type would round, cut or overflow it."""
    value = pl.col(column).cast(kind, strict=False)
    if given.is_float() and kind.is_float():
        return pl.when(value.is_finite() | ~pl.col(column).is_finite()).then(value).alias(column)
    return pl.when(value.cast(given, strict=False).eq_missing(pl.col(column))).then(value).alias(column)
