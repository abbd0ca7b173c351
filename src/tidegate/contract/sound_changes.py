"""What a dataset wants done about other columns, checked where it is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.changes import OnChange
from tidegate.contract.formats import Csv, Header
from tidegate.contract.severity import UNIQUE, Severity, joined, rule_name
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset


def check_changes(where: str, dataset: Dataset) -> None:
    """Refuse a policy that could not be followed.

    Raises:
        ContractMistake: what is in its way, and what to write instead.
    """
    wanted = dataset.on_change
    policies = {wanted} if isinstance(wanted, str) else set(wanted.values())
    if not all(isinstance(policy, OnChange) for policy in policies):
        raise ContractMistake(where, "on_change names no policy", "Write OnChange.EVOLVE, or another of them")
    if policies <= {OnChange.STRICT}:
        return
    _check_names(where, dataset)
    if dataset.transform is not None and any(policy.takes_more for policy in policies):
        _check_key(where, dataset)


def _check_names(where: str, dataset: Dataset) -> None:
    """Columns are told by their names, so they must have some, and different ones."""
    kinds = [form.header for form in dataset.formats if isinstance(form, Csv)]
    if len(kinds) == len(dataset.formats) and set(kinds) == {Header.NONE}:
        what = "its files have no header, so no column of theirs is told by its name"
        raise ContractMistake(where, what, "Leave on_change out")
    names = list(dataset.headers().values())
    if Header.ANY_CASE in kinds:
        names = [name.casefold() for name in names]
    if len(set(names)) < len(names):
        what = "files give two of its columns the same name, so only their order tells them apart"
        raise ContractMistake(where, what, "Leave on_change out, or have them named otherwise")


def _check_key(where: str, dataset: Dataset) -> None:
    """What comes beside the contract's columns finds its row again behind the step by the key."""
    if not dataset.key:
        what = "it has a step and no key, by which new columns find their rows"
        raise ContractMistake(where, what, "Name a key, or take OnChange.STRICT or OnChange.REORDER")
    arriving, published = dataset.schema().columns, dataset.table_row.to_schema().columns
    for name in dataset.key:
        if name not in published or published[name].dtype != arriving[name].dtype:
            raise ContractMistake(
                where,
                f"its step does not keep the key column {name!r}, by which new columns find their rows",
                "Publish the key as it arrives, or take OnChange.STRICT or OnChange.REORDER",
            )
    if dataset.severities.get(rule_name(joined(dataset.key), UNIQUE)) is Severity.WARN:
        what = "its key only warns of copies, and new columns find their rows by it"
        raise ContractMistake(where, what, "Take OnChange.STRICT or OnChange.REORDER")
