"""What a row is held against beyond its own file: keys that other files brought, tables that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

    from tidegate.contract.batch import Numbers


class Outside(Protocol):
    """Judges rows that keep every rule of their own file."""

    def reasons(self, rows: pl.DataFrame, row: Numbers) -> pl.Series:
        """For each typed row the list of reasons (`REASON`) why it is bad; empty where nothing is wrong."""

    def settle(self, gone: Numbers) -> tuple[Numbers, dict[str, str]]:
        """Once all was read: which rows are bad, besides those that are `gone`, and the one reason."""
