"""Where rows go as the engine finds them, so that no file is ever held whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl

    from tidegate.contract.batch import Numbers


class Keeper(Protocol):
    """What the engine gives rows to, a batch at a time, in the file's order.

    After the last batch, a row may turn out to share its key with a later one: then it is taken back, and
    comes again, refused.
    """

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Take good rows: typed, the contract's columns in its order, then as text what came beside them;
        `row` numbers them, ascending.
        """

    def refuse(self, bad: pl.DataFrame) -> None:
        """Take bad rows, as `BAD_SCHEMA` has them."""

    def take_back(self, row: Numbers) -> None:
        """Forget rows that were kept, by their numbers, ascending."""

    def amend(self, more: pl.DataFrame) -> None:
        """Add reasons to rows that were refused before, as `BAD_SCHEMA` has them with all their reasons."""
