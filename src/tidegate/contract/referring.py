"""References from one dataset to another's key, and whether the datasets of a room fit together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.contract.declare import Dataset


@dataclass(frozen=True, kw_only=True)
class Reference:
    """These columns name a row of another dataset by its key; where one of them is null they name none."""

    columns: tuple[str, ...]
    to: str  # the other dataset's name


def referred(datasets: Mapping[str, Dataset]) -> frozenset[str]:
    """The datasets that others refer to."""
    return frozenset(reference.to for dataset in datasets.values() for reference in dataset.references)


def check_together(datasets: Mapping[str, Dataset]) -> None:
    """Refuse references that lead nowhere.

    Raises:
        ContractMistake: no such dataset, or its key has other columns or types.
    """
    for dataset in datasets.values():
        for reference in dataset.references:
            _check(dataset, reference, datasets)


def check_key_is_published(dataset: Dataset) -> None:
    """Refuse a step that takes away what an index of published keys is made of.

    Raises:
        ContractMistake: a column of the key is not in the table, or of another type there.
    """
    arriving, published = dataset.schema().columns, dataset.table_row.to_schema().columns
    for name in dataset.key:
        if name not in published or str(published[name].dtype) != str(arriving[name].dtype):
            raise ContractMistake(
                f"schemas/{dataset.name}.py",
                f"rows are told apart beyond their file by {name!r}, which is not published as it arrives",
                "Keep the column, of the same type, in `published`",
            )


def _check(dataset: Dataset, reference: Reference, datasets: Mapping[str, Dataset]) -> None:
    where = f"schemas/{dataset.name}.py"
    other = datasets.get(reference.to)
    if other is None:
        raise ContractMistake(
            where, f"it refers to {reference.to!r}, which is no dataset", f"There are: {', '.join(datasets)}"
        )
    key = tuple(other.key)
    if not key:
        raise ContractMistake(
            where,
            f"it refers to {other.name}, which has no key",
            f"Name the columns that tell its rows apart in schemas/{other.name}.py",
        )
    if len(key) != len(reference.columns):
        raise ContractMistake(
            where,
            f"{', '.join(reference.columns)} cannot name a row of {other.name}",
            f"Its key is: {', '.join(key)}",
        )
    check_key_is_published(other)
    ours, theirs = dataset.schema().columns, other.schema().columns
    for mine, its in zip(reference.columns, key, strict=True):
        if str(ours[mine].dtype) != str(theirs[its].dtype):
            raise ContractMistake(
                where,
                f"{mine!r} is {ours[mine].dtype}, and {its!r} of {other.name} is {theirs[its].dtype}",
                "Give both one type: what differs in type is never equal",
            )
