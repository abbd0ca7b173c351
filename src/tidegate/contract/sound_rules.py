"""Whether what a dataset declares beyond its columns is sound: severities, file rules, references, personal
data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.changes import OnChange
from tidegate.contract.file_rules import BadShare, Freshness, RowCount
from tidegate.contract.personal import OnArrival
from tidegate.contract.referring import check_key_is_published
from tidegate.contract.severity import NOT_NULL, TYPE, UNIQUE, Severity, joined, rule_name, rule_names
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset
    from tidegate.contract.file_rules import FileRule


def check_rules(where: str, dataset: Dataset) -> None:
    """Refuse what could not be followed.

    Raises:
        ContractMistake: what is wrong, and what to write instead.
    """
    columns = dataset.schema().columns
    _check_references(where, dataset, columns)
    if dataset.unique_across_files:
        check_key_is_published(dataset)
    _check_severities(where, dataset)
    for rule in dataset.file_rules:
        _check_file_rule(where, rule, columns)
    for name, how in dataset.on_arrival().items():
        _check_arrival(where, dataset, name, how)
        _check_unknown(where, dataset, name)


def _check_severities(where: str, dataset: Dataset) -> None:
    known = rule_names(dataset)
    for name, severity in dataset.severities.items():
        if name not in known:
            raise ContractMistake(
                where, f"{name!r} is the name of none of its rules", f"They are: {'; '.join(known)}"
            )
        if not isinstance(severity, Severity):
            raise ContractMistake(where, f"{severity!r} is no severity", "Write Severity.WARN, for instance")
        check = name.rpartition(":")[2]
        if severity is Severity.WARN and check in (TYPE, NOT_NULL) and ":" in name:
            raise ContractMistake(
                where,
                f"{name!r} cannot just warn: there is no value to publish",
                "Let it quarantine the row, or make the column nullable, or a String",
            )
        if severity is Severity.WARN and name == rule_name(joined(tuple(dataset.key)), UNIQUE):
            raise ContractMistake(
                where,
                "its key cannot just warn: it names a row",
                "Add the column to the key that parts the rows",
            )


def _check_file_rule(where: str, rule: FileRule, columns: dict[str, Any]) -> None:
    if rule.severity is Severity.QUARANTINE:
        raise ContractMistake(
            where, f"{rule.check} cannot quarantine rows", "Of a file, warn or refuse: Severity.REFUSE_FILE"
        )
    if isinstance(rule, RowCount) and not 0 <= rule.least <= (rule.least if rule.most is None else rule.most):
        raise ContractMistake(where, "no number of rows fits its RowCount", "Let least be at most most")
    if isinstance(rule, BadShare) and not 0 <= rule.most < 1:
        raise ContractMistake(where, f"a share of {rule.most} is none", "Write one from 0 to below 1")
    if isinstance(rule, Freshness):
        kind = columns[rule.column].dtype.type if rule.column in columns else None
        if kind != pl.Date and not isinstance(kind, pl.Datetime) and kind is not pl.Datetime:
            raise ContractMistake(
                where,
                f"its freshness is that of {rule.column!r}, which is no date or timestamp of it",
                "Name a Date or Datetime column of what arrives",
            )


def _check_references(where: str, dataset: Dataset, columns: dict[str, Any]) -> None:
    for reference in dataset.references:
        if isinstance(reference.columns, str) or not reference.columns:
            raise ContractMistake(
                where, "a reference names no tuple of columns", 'Write columns=("carrier",), with the comma'
            )
        for name in reference.columns:
            if name not in columns:
                raise ContractMistake(
                    where, f"a reference names {name!r}, which is no column", f"It has: {', '.join(columns)}"
                )


def _check_unknown(where: str, dataset: Dataset, name: str) -> None:
    """A column that files rename would be kept as it comes, and with it what should be disguised."""
    said = dataset.on_change
    policies = [said] if isinstance(said, OnChange) else list(said.values())
    if any(policy.takes_more for policy in policies):
        raise ContractMistake(
            where,
            f"{name!r} is changed on arrival, and columns that nobody knows would be kept as they come",
            "Let on_change be STRICT or REORDER",
        )


def _check_arrival(where: str, dataset: Dataset, name: str, how: OnArrival) -> None:
    declared = dataset.schema().columns[name]
    if declared.dtype.type != pl.String:
        raise ContractMistake(
            where,
            f"{name!r} is changed on arrival, and no String",
            "Declare it as str: what replaces it is text",
        )
    if how is OnArrival.MASK and (name in dataset.key or declared.unique):
        raise ContractMistake(
            where, f"{name!r} tells rows apart, and would be masked", "Take OnArrival.HASH: equal stay equal"
        )
    published = dataset.table_row.to_schema().columns.get(name)
    if dataset.transform is not None and published is not None and published.checks:
        raise ContractMistake(
            where,
            f"{name!r} is changed on arrival, and `published` has checks of it",
            "Declare it anew in `published`, without checks: they would judge the hash",
        )
