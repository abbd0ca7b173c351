"""The real files, found without importing the package that brings them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from infra.cli import drops
from tidegate import find
from tidegate.contract.in_memory import check_in_memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.contract.verdict import Verdict


@cache
def real_bytes(name: str) -> bytes:
    data = drops.folder()
    return drops.all_flights(data) if name == "flights" else (data / f"{name}.csv").read_bytes()


@cache
def real_verdict(name: str) -> Verdict:
    return check_in_memory((real_bytes(name)), find.dataset(name), name=f"{name}/all.csv")


@pytest.fixture(scope="session")
def real() -> Callable[[str], Verdict]:
    """The verdict on a real file."""
    return real_verdict


@pytest.fixture(scope="session")
def changed() -> Callable[..., set[tuple[str, str]]]:
    """Change columns of one real row, and say which rules it then breaks, as (column, check)."""

    def run(name: str, row: int = 0, **cells: str) -> set[tuple[str, str]]:
        header, *lines = real_bytes(name).decode().splitlines()[: row + 2]
        values = dict(zip(header.split(","), lines[row].split(","), strict=True)) | cells
        body = f"{header}\n{','.join(values.values())}\n".encode()
        verdict = check_in_memory((body), find.dataset(name), name="x.csv")
        return {(why["column"], why["check"]) for reasons in verdict.bad["_reasons"] for why in reasons}

    return run
