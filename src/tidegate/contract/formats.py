"""How the files of a dataset are written; said in its contract, and never guessed at run time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar


class Header(StrEnum):
    """What the first line of a file is."""

    EXACT = "exact"  # the contract's columns, spelt as it spells them
    ANY_CASE = "any_case"  # the same, in small letters or capitals
    NONE = "none"  # a row: the columns are told by their order alone


@dataclass(frozen=True, kw_only=True)
class Csv:
    """Comma-separated values as RFC 4180 has them, with a header line equal to the contract's columns."""

    delimiter: str = ","
    null_values: tuple[str, ...] = (
        "",
    )  # every other spelling of "nothing" is a value, and probably a wrong one
    quote: str | None = '"'  # none: a quote is a character like any other, and no cell holds a delimiter
    decimal: str = "."  # what parts the whole from its fraction
    encoding: str = "utf-8"  # places in the file then count its bytes as UTF-8
    header: Header = Header.EXACT
    skip_lines: int = 0  # lines before the header that say something else

    endings: ClassVar[tuple[str, ...]] = (".csv", ".tsv", ".psv", ".tab", ".txt")


@dataclass(frozen=True, kw_only=True)
class JsonLines:
    """One JSON object a line, its keys the contract's columns."""

    null_values: tuple[str, ...] = ()  # texts that mean nothing too, beside JSON's own null

    endings: ClassVar[tuple[str, ...]] = (".jsonl", ".ndjson", ".json")


@dataclass(frozen=True, kw_only=True)
class JsonArray:
    """One JSON list of objects, their keys the contract's columns."""

    null_values: tuple[str, ...] = ()

    endings: ClassVar[tuple[str, ...]] = (".json",)


@dataclass(frozen=True, kw_only=True)
class Parquet:
    """Parquet with flat columns of the contract's types, or of types that these hold without loss."""

    endings: ClassVar[tuple[str, ...]] = (".parquet", ".pq")


@dataclass(frozen=True, kw_only=True)
class Excel:
    """One sheet of an .xlsx workbook: a header, then rows; of formulas the values that were saved."""

    sheet: str | None = None  # none: the workbook's only one
    null_values: tuple[str, ...] = ("",)
    skip_lines: int = 0  # rows before the header

    endings: ClassVar[tuple[str, ...]] = (".xlsx", ".xlsm")


Format = Csv | JsonLines | JsonArray | Parquet | Excel
