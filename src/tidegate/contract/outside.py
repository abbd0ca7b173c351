"""What a row is held against beyond its own file: keys that other files brought, tables that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl


class Outside(Protocol):
    """Judges rows that keep every rule of their own file."""

    def reasons(self, rows: pl.DataFrame) -> pl.Series:
        """For each typed row the list of reasons (`REASON`) why it is bad; empty where nothing is wrong."""
