"""A policy for other columns that could not be followed is refused where it is declared."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import pytest

from tidegate.contract.changes import OnChange
from tidegate.contract.declare import Csv, Dataset, Header, Severity, column
from tidegate.contract.described.policies import policy_changes
from tidegate.errors import ContractMistake


class Sale(pa.DataFrameModel):
    id: int = column()
    what: str = column(nullable=True)


class Keyless(pa.DataFrameModel):
    what: str = column(nullable=True)


class Retyped(pa.DataFrameModel):
    id: str = column()


class Twice(pa.DataFrameModel):
    id: int = column()
    first: str = column(header="x")
    second: str = column(header="x")


def declared(**more: Any) -> Dataset:
    said: dict[str, Any] = {"name": "sales", "description": "Sales.", "row": Sale, "key": ("id",), **more}
    return Dataset(**said)


STEP = {"transform": lambda rows: rows}
LENIENT = {"on_change": {"dev": OnChange.EVOLVE}}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"on_change": "evolve"}, "names no policy"),
        ({"on_change": {"dev": "evolve"}}, "names no policy"),
        ({"on_change": OnChange.REORDER, "reads": Csv(header=Header.NONE)}, "no header"),
        ({"on_change": OnChange.REORDER, "row": Twice}, "the same name"),
        ({**LENIENT, **STEP, "published": Keyless}, "does not keep the key column 'id'"),
        ({**LENIENT, **STEP, "published": Retyped}, "does not keep the key column 'id'"),
        ({**LENIENT, **STEP, "key": ()}, "a step and no key"),
        ({**LENIENT, **STEP, "severities": {"id:unique": Severity.WARN}}, "only warns of copies"),
    ],
)
def test_what_could_not_be_followed_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ContractMistake, match=words):
        declared(**more)


@pytest.mark.parametrize(
    "more",
    [
        {"on_change": OnChange.STRICT, "row": Twice},
        {"on_change": {"prod": OnChange.STRICT}, "row": Twice},
        {"on_change": OnChange.REORDER, **STEP, "published": Keyless},
        {**LENIENT, **STEP},
    ],
)
def test_what_can_be_followed_is_not(more: dict[str, Any]) -> None:
    assert hash(declared(**more))


@pytest.mark.parametrize(
    ("old", "new", "whom"),
    [
        ("strict", "evolve", [()]),
        ("evolve", "reorder", [("senders",)]),
        ("evolve", "permissive", [("readers",)]),
        ("strict", {"prod": "strict"}, []),
        ({"dev": "evolve"}, {"dev": "evolve", "prod": "reorder"}, [()]),
        ("reorder", {"dev": "evolve"}, [("senders",), ()]),
    ],
)
def test_a_change_of_policy_breaks_senders_or_readers(
    old: Any, new: Any, whom: list[tuple[str, ...]]
) -> None:
    found = policy_changes({"on_change": old}, {"on_change": new})
    assert sorted(one.whom for one in found) == sorted(whom)
