"""`tidegate dataset new NAME`: a schema file to start from, its columns guessed from a sample."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, said
from infra.cli.place import ROOT
from tidegate.errors import BadRequest, NotFound, Refused

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

SAMPLE_ROWS = 10_000
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")
SPELLINGS_OF_NOTHING = ("", "NA", "NULL", "null", "None", "nan", "NaN", "N/A", "-")


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("what", choices=("new",))
    parser.add_argument("name", help="also the folder in the landing bucket, and the table")
    parser.add_argument("--from", dest="sample", type=Path, metavar="CSV", help="a file as it will arrive")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Write schemas/<name>.py."""
    path = ROOT / "schemas" / f"{refuse_odd_name(args.name)}.py"
    if path.exists():
        raise Refused(
            str(path.relative_to(ROOT)),
            "this dataset exists already",
            "Edit the file, or choose another name",
        )
    columns, nulls = _guess(args.sample) if args.sample else ([Column("id", "str", False)], ("",))
    path.write_text(text(args.name, columns, nulls))
    shown = path.relative_to(ROOT)
    guess = (
        "Types and nulls are guesses from the sample" if args.sample else "It has one column, as an example"
    )
    return said(
        f"Wrote {shown}. {guess}: read it, name the key, say what must hold; then `tidegate up`, "
        f"and `tidegate land FILE --dataset {args.name}`.",
        file=str(shown),
    )


@dataclass(frozen=True)
class Column:
    """What a sample says about one column."""

    name: str
    type: str
    nullable: bool


def refuse_odd_name(name: str) -> str:
    """The name, when it can be a module, a folder and a table.

    Raises:
        BadRequest: it cannot.
    """
    if not NAME.fullmatch(name) or keyword.iskeyword(name):
        raise BadRequest(
            f"name {name!r}", "it must be small letters, digits and _", "Choose one such as bookings"
        )
    return name


def text(name: str, columns: list[Column], nulls: tuple[str, ...]) -> str:
    """The schema file."""
    lines = "\n".join(
        f"    {column.name}: {column.type} = column(" + ("nullable=True" if column.nullable else "") + ")"
        for column in columns
    )
    key = next((column.name for column in columns if not column.nullable), columns[0].name)
    title = name.replace("_", " ").capitalize()
    reads = "" if nulls == ("",) else f"    reads=Csv(null_values={nulls!r}),\n".replace("'", '"')
    imports = "Csv, Dataset, column" if reads else "Dataset, column"
    dates = "import datetime\n\n" if any(column.type.startswith("datetime.") for column in columns) else ""
    return (
        f'"""{title}: one line on what a row is, and who sends it."""\n\n'
        f"{dates}import pandera.polars as pa\n\nfrom tidegate.contract.declare import {imports}\n\n\n"
        f"class {''.join(part.capitalize() for part in name.split('_'))}(pa.DataFrameModel):\n"
        f'    """One row, as it arrives."""\n\n{lines}\n\n\n'
        f"dataset = Dataset(\n    name={name!r},\n    description={title + '.'!r},\n".replace("'", '"')
        + f"    row={''.join(part.capitalize() for part in name.split('_'))},\n"
        + f'    key=("{key}",),\n{reads})\n'
    )


def _guess(sample: Path) -> tuple[list[Column], tuple[str, ...]]:
    if not sample.is_file():
        raise NotFound(str(sample), "there is no such file", "Name a CSV file with a header line")
    import polars as pl

    raw = pl.read_csv(sample, n_rows=SAMPLE_ROWS, infer_schema=False).fill_null("")
    bad = [
        name
        for name in raw.columns
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("_")
    ]
    if bad:
        raise BadRequest(
            str(sample), f"the column names {bad} cannot be Python names", "Rename them in the header"
        )
    seen = [word for word in SPELLINGS_OF_NOTHING if any((raw[name] == word).any() for name in raw.columns)]
    return [_column(raw[name], seen) for name in raw.columns], tuple(dict.fromkeys(["", *seen]))


def _column(values: object, nulls: list[str]) -> Column:
    import polars as pl

    assert isinstance(values, pl.Series)
    held = values.filter(~values.is_in([*nulls, ""]))
    nullable = len(held) < len(values)
    for kind, dtype in (("int", pl.Int64), ("float", pl.Float64)):
        if (
            len(held)
            and held.str.strip_chars().cast(dtype, strict=False).null_count() == 0
            and not _padded(held)
        ):
            return Column(values.name, kind, nullable)
    if len(held) and held.str.to_date("%Y-%m-%d", strict=False).null_count() == 0:
        return Column(values.name, "datetime.date", nullable)
    return Column(values.name, "str", nullable)


def _padded(held: object) -> bool:
    """Whether leading zeros say that these digits are a code and no number."""
    import polars as pl

    assert isinstance(held, pl.Series)
    return bool(held.str.contains(r"^0[0-9]").any())
