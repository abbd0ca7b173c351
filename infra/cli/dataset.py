"""`tidegate dataset new NAME`: a schema file to start from, its columns guessed from a sample."""

from __future__ import annotations

import json
import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, said
from infra.cli.guess import NOTHING_KNOWN, Guess, guess
from infra.cli.place import ROOT
from tidegate.errors import BadRequest, Refused

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


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
    path.write_text(text(args.name, guess(args.sample) if args.sample else NOTHING_KNOWN))
    shown = path.relative_to(ROOT)
    note = (
        "Types, nulls, key and partition are guesses from the sample"
        if args.sample
        else "It has one column, as an example"
    )
    return said(
        f"Wrote {shown}. {note}: read it, say what must hold; then `tidegate up`, "
        f"and `tidegate land FILE --dataset {args.name}`.",
        file=str(shown),
    )


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


def text(name: str, known: Guess) -> str:
    """The schema file."""
    columns, row = known.columns, "".join(part.capitalize() for part in name.split("_"))
    lines = "\n".join(
        f"    {one.name}: {one.type} = column(" + ("nullable=True" if one.nullable else "") + ")"
        for one in columns
    )
    key = next((one.name for one in columns if not one.nullable), columns[0].name)
    title = name.replace("_", " ").capitalize()
    return (
        f'"""{title}: one line on what a row is, and who sends it."""\n\n{_imports(known)}\n\n'
        f'class {row}(pa.DataFrameModel):\n    """One row, as it arrives."""\n\n{lines}\n\n\n'
        f'dataset = Dataset(\n    name="{name}",\n    description="{title}.",\n    row={row},\n'
        f'    key=("{key}",),\n{_reads(known)}{_partition(known)})\n'
    )


def _imports(known: Guess) -> str:
    types = [one.type for one in known.columns]
    dates = "import datetime\n" if "datetime.date" in types else ""
    moments = any(each.startswith("Annotated") for each in types)
    used = [
        *(["Csv"] if _reads(known) else []),
        "Dataset",
        *(["Grain", "Partition"] if known.partition else []),
        "column",
    ]
    standard = dates + ("from typing import Annotated\n" if moments else "")
    others = "import pandera.polars as pa\n" + ("import polars as pl\n" if moments else "")
    ours = f"from tidegate.contract.declare import {', '.join(used)}\n"
    return "\n".join(group for group in (standard, others, ours) if group)


def _reads(known: Guess) -> str:
    said = [] if known.delimiter == "," else [f"delimiter={json.dumps(known.delimiter)}"]
    if known.nulls != ("",):
        said.append(f"null_values=({', '.join(json.dumps(word) for word in known.nulls)})")
    return f"    reads=Csv({', '.join(said)}),\n" if said else ""


def _partition(known: Guess) -> str:
    column = known.partition
    return f'    partition=Partition(column="{column}", grain=Grain.MONTH),\n' if column else ""
