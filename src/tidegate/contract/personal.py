"""What becomes of personal values on arrival: masked, hashed with a key, or replaced by a token.

It happens after a row was judged and before it is kept, so that the contract speaks of what arrives, and no
bucket of ours holds what is to be hidden. Equal values get equal hashes and equal tokens, in every dataset
of an environment, so that joins and keys hold.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import polars as pl

from tidegate.contract.verdict import MASK
from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.contract.batch import Numbers
    from tidegate.contract.keeper import Keeper


TOKEN_START = "tok_"  # noqa: S105 - a token's first letters, no secret
_TOKEN_DIGITS = 32


class OnArrival(StrEnum):
    """What is published in place of a personal value."""

    MASK = "mask"  # the same mark for all
    HASH = "hash"  # HMAC-SHA256 under the environment's key, as hex
    TOKEN = "token"  # noqa: S105 - a name for it, whose value the vault keeps


class Vault(Protocol):
    """Keeps which value a token stands for."""

    def keep(self, tokens: Mapping[str, str]) -> None:
        """Keep token to value; keeping one twice does no harm."""


@dataclass(frozen=True)
class Disguise:
    """How the personal columns of one dataset are changed; made once for a file."""

    columns: Mapping[str, OnArrival]
    key: bytes
    vault: Vault | None = None

    def of(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows as they are published; what tokens stand for is in the vault before they are returned.

        Raises:
            ContractMistake: a column becomes tokens, and there is no vault.
        """
        tokens: dict[str, str] = {}
        changed = [
            self._changed(rows[name], how, tokens) for name, how in self.columns.items() if name in rows
        ]
        if tokens:
            if self.vault is None:
                raise ContractMistake("personal data", "tokens need a vault", "Deploy the stacks anew")
            self.vault.keep(tokens)
        return rows.with_columns(changed) if changed else rows

    def names(self, keys: pl.DataFrame) -> pl.DataFrame:
        """Keys as they are published, to compare them; nothing is kept."""
        return keys.with_columns(
            [self._changed(keys[name], how, {}) for name, how in self.columns.items() if name in keys]
        )

    def _changed(self, values: pl.Series, how: OnArrival, tokens: dict[str, str]) -> pl.Series:
        if how is OnArrival.MASK:
            return pl.select(pl.when(values.is_not_null()).then(pl.lit(MASK)).alias(values.name)).to_series()
        if how is OnArrival.HASH:
            return _replaced(values, lambda value: self._digest(b"hash", value).hex())

        def token(value: str) -> str:
            made = TOKEN_START + self._digest(b"token", value).hex()[:_TOKEN_DIGITS]
            tokens[made] = value
            return made

        return _replaced(values, token)

    def _digest(self, purpose: bytes, value: str) -> bytes:
        """Keyed, and another for each purpose: nobody can tell a token from its value's hash."""
        return hmac.digest(self.key, purpose + b"\0" + value.encode(), hashlib.sha256)


def _replaced(values: pl.Series, make: Callable[[str], str]) -> pl.Series:
    """Each value's replacement, made once for values that are equal."""
    distinct = values.drop_nulls().unique()
    if not len(distinct):
        return values
    made = pl.Series([make(value) for value in distinct.to_list()], dtype=pl.String)
    return values.replace_strict(distinct, made, default=None, return_dtype=pl.String).alias(values.name)


@dataclass(frozen=True)
class Disguising:
    """A keeper that hands good rows on as they are published; bad ones are masked in quarantine."""

    keeper: Keeper
    disguise: Disguise

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Change good rows, and hand them on."""
        self.keeper.keep(self.disguise.of(good), row)

    def refuse(self, bad: pl.DataFrame) -> None:
        """Hand bad rows on."""
        self.keeper.refuse(bad)

    def take_back(self, row: Numbers) -> None:
        """Hand on which rows are to be forgotten."""
        self.keeper.take_back(row)

    def amend(self, more: pl.DataFrame) -> None:
        """Hand on more reasons."""
        self.keeper.amend(more)
