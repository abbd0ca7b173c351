"""What follows from a broken rule: a warning, the row in quarantine, or the whole file refused."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset

TYPE, NOT_NULL, UNIQUE = "type", "not_null", "unique"
REFERENCE, ACROSS_FILES = "reference", "unique_across_files"


class Severity(StrEnum):
    """What follows when a rule is broken."""

    WARN = "warn"  # the row is published, and counted
    QUARANTINE = "quarantine"  # the row is kept apart
    REFUSE_FILE = "refuse_file"  # the file as a whole is


def rule_name(column: str, check: str) -> str:
    """A rule as a person names it: `dep_delay:in_range`, or `scheduled_clock` for one across columns."""
    return f"{column}:{check}" if column else check


def joined(columns: tuple[str, ...]) -> str:
    """The column of a rule over several: `year, month`."""
    return ", ".join(columns)


def unique_groups(schema: Any, key: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The columns whose values no two rows of a file share: the key first, where there is one."""
    groups = [*([key] if key else []), *((name,) for name, column in schema.columns.items() if column.unique)]
    return tuple(dict.fromkeys([*groups, tuple(schema.unique)] if schema.unique else groups))


def rule_names(dataset: Dataset) -> tuple[str, ...]:
    """Every rule of a dataset's rows by its name, as `severities` names them."""
    named = [*_of_rows(dataset.schema()), *_of_rows(dataset.table_row.to_schema())]
    named += [
        rule_name(joined(group), UNIQUE) for group in unique_groups(dataset.schema(), tuple(dataset.key))
    ]
    named += [rule_name(joined(reference.columns), REFERENCE) for reference in dataset.references]
    if dataset.unique_across_files:
        named.append(rule_name(joined(tuple(dataset.key)), ACROSS_FILES))
    return tuple(dict.fromkeys(named))


def severity_of_check(dataset: Dataset, column: str, check: Any) -> Severity:
    """What the schema file says of a pandera check: `severities` first, then its own `raise_warning`."""
    declared = dataset.severities.get(rule_name(column, check.name))
    return declared or (Severity.WARN if check.raise_warning else Severity.QUARANTINE)


def severities_of(dataset: Dataset) -> dict[tuple[str, str], Severity]:
    """What follows from each rule that does not just put a row in quarantine, by column and check."""
    schema = dataset.schema()
    found: dict[tuple[str, str], Severity] = {
        _parts(name): severity
        for name, severity in dataset.severities.items()
        if severity is not Severity.QUARANTINE
    }
    checks = [(name, check) for name, column in schema.columns.items() for check in column.checks]
    for name, check in [*checks, *(("", check) for check in schema.checks)]:
        severity = severity_of_check(dataset, name, check)
        if severity is not Severity.QUARANTINE:
            found[name, check.name] = severity
    return found


def of_published(dataset: Dataset) -> dict[str, Severity]:
    """What the schema file says of rules that the published table's rows keep."""
    known = set(_of_rows(dataset.table_row.to_schema()))
    return {name: severity for name, severity in dataset.severities.items() if name in known}


def _parts(name: str) -> tuple[str, str]:
    column, colon, check = name.partition(":")
    return (column, check) if colon else ("", column)


def _of_rows(schema: Any) -> list[str]:
    named = []
    for name, column in schema.columns.items():
        named.append(rule_name(name, TYPE))
        named += [] if column.nullable else [rule_name(name, NOT_NULL)]
        named += [rule_name(name, check.name) for check in column.checks]
    return named + [rule_name("", check.name) for check in schema.checks]
