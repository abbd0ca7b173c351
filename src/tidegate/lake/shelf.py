"""Where stretches of good rows are put, one object each, and the list that alone makes them count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl


class Shelf(Protocol):
    """The objects of one landed file's good rows; a number names the same object in every attempt."""

    @property
    def value(self) -> pl.Expr | None:
        """What rows of one object must have in common, as Int32; nothing where all go together."""

    def put(self, number: int, value: int | None, rows: pl.DataFrame, /) -> bytes:
        """Write rows as one object; its line of the list, as JSON, is returned."""

    def fetch(self, number: int, value: int | None, /) -> pl.DataFrame:
        """The rows of an object that was written."""

    def save(self, lines: Iterable[bytes]) -> None:
        """Write the list: what stands in it counts, and nothing else does."""
