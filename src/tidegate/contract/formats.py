"""How the files of a dataset are written; said in its contract, and never guessed at run time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Csv:
    """Comma-separated values as RFC 4180 has them, with a header line equal to the contract's columns."""

    delimiter: str = ","
    null_values: tuple[str, ...] = (
        "",
    )  # every other spelling of "nothing" is a value, and probably a wrong one


Format = Csv
