"""`tidegate quarantine export`: bad rows and files to a folder of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli import place
from infra.cli.answer import Answer, counted, grid
from infra.cli.quarantine import choosing
from tidegate.errors import Refused

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    choosing.configure(parser)
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="new or empty")
    parser.add_argument("--table", choices=("csv", "parquet"), default="csv", help="how reasons are written")
    reveal = "also what may hold personal values: rows as they came, of such datasets, and unclaimed files"
    parser.add_argument("--reveal", action="store_true", help=reveal)


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Write rows as they came, and a table of why each is bad.

    Raises:
        Refused: the folder holds something.
    """
    from infra.cli.quarantine.exporting import export

    where = place.find(args.environment)
    files = choosing.chosen(where, args)
    if args.to.exists() and any(args.to.iterdir()):
        raise Refused(str(args.to), "it is not empty", "Name a new folder: nothing is written over")
    args.to.mkdir(parents=True, exist_ok=True)
    told = export(where, files, args.to, table=args.table, reveal=args.reveal)
    rows = [
        (one["object_id"][:8], one["key"], one["rows"], ", ".join(one["written"]), one["left_out"])
        for one in told
    ]
    title = f"{counted(len(told), 'file')} in {args.to}, their reasons in {args.to / f'reasons.{args.table}'}"
    columns = ("id", "key", "rows", "written", "left out")
    return Answer({"folder": str(args.to), "files": told}, lambda: grid(title, columns, rows))
