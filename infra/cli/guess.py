"""What a sample says about a dataset's columns: a guess, made with the contract's own reading of cells."""

from __future__ import annotations

import keyword
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

SAMPLE_ROWS = 10_000
SPELLINGS_OF_NOTHING = ("", "NA", "NULL", "null", "None", "nan", "NaN", "N/A", "-")
DELIMITERS = (",", ";", "\t", "|")
MOMENT_UTC = 'Annotated[pl.Datetime, "us", "UTC"]'
MOMENT = 'Annotated[pl.Datetime, "us"]'
TIMES = ("datetime.date", MOMENT_UTC, MOMENT)


@dataclass(frozen=True)
class Column:
    """What a sample says about one column."""

    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class Guess:
    """What a sample says about a dataset."""

    columns: list[Column]
    nulls: tuple[str, ...] = ("",)
    delimiter: str = ","

    @property
    def partition(self) -> str:
        """The first column of times that always has one; empty when there is none."""
        return next((one.name for one in self.columns if one.type in TIMES and not one.nullable), "")


NOTHING_KNOWN = Guess([Column("id", "str", False)])


def guess(sample: Path) -> Guess:
    """Read a sample, and guess.

    Raises:
        NotFound: there is no such file.
        BadRequest: it is no CSV file in UTF-8 with names that Python can have.
    """
    if not sample.is_file():
        raise NotFound(str(sample), "there is no such file", "Name a CSV file with a header line")
    import polars as pl

    delimiter = _delimiter(sample)
    try:
        raw = pl.read_csv(sample, n_rows=SAMPLE_ROWS, infer_schema=False, separator=delimiter).fill_null("")
    except pl.exceptions.PolarsError as error:
        said = str(error).partition("\n")[0]
        raise BadRequest(str(sample), f"it cannot be read as CSV: {said}", "Name a CSV file") from None
    if not raw.height:
        raise BadRequest(str(sample), "it has no rows to guess from", "Name a file with some rows")
    bad = [name for name in raw.columns if not _is_name(name)]
    if bad:
        raise BadRequest(
            str(sample), f"the column names {bad} cannot be Python names", "Rename them in the header"
        )
    seen = [word for word in SPELLINGS_OF_NOTHING if any((raw[name] == word).any() for name in raw.columns)]
    return Guess(
        [_column(raw[name], seen) for name in raw.columns], tuple(dict.fromkeys(["", *seen])), delimiter
    )


def _delimiter(sample: Path) -> str:
    """The mark that stands most often in the header line.

    Raises:
        BadRequest: the file is no UTF-8 text.
    """
    with sample.open("rb") as file:
        start = file.read(64 * 1024)
    if b"\0" in start:
        raise BadRequest(str(sample), "it is no text", "Export it as CSV first (from Excel: CSV UTF-8)")
    try:
        # the end may cut a letter in two
        text = start.decode("utf-8-sig", errors="strict" if len(start) < 64 * 1024 else "ignore")
    except UnicodeDecodeError as error:
        told = f"it is no UTF-8 text (byte {error.start + 1})"
        raise BadRequest(str(sample), told, "Convert it: iconv -f latin1 -t utf-8") from None
    header = text.partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def _is_name(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


def _column(values: pl.Series, nulls: list[str]) -> Column:
    held = values.filter(~values.is_in([*nulls, ""]))
    nullable = len(held) < len(values)
    fitting = (name for name, kind in _kinds().items() if len(held) and _fits(held, kind))
    return Column(values.name, next(fitting, "str"), nullable)


def _kinds() -> dict[str, pl.DataType]:
    """How a schema writes each type, the narrowest first."""
    import polars as pl

    return {
        "int": pl.Int64(),
        "float": pl.Float64(),
        "bool": pl.Boolean(),
        "datetime.date": pl.Date(),
        MOMENT_UTC: pl.Datetime("us", "UTC"),
        MOMENT: pl.Datetime("us"),
    }


def _fits(held: pl.Series, kind: pl.DataType) -> bool:
    """Whether the contract would read every one of these cells as this type."""
    from tidegate.contract.cells import TEXT, typed

    cells = held.alias(TEXT + held.name).to_frame()
    return cells.select(typed(held.name, kind)).to_series().null_count() == 0
