"""`tidegate dataset new NAME`: a schema file to start from, inferred from a sample."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, Exit
from infra.cli.contract.written import formatted, inferred, told
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
    parser.add_argument("--from", dest="sample", type=Path, metavar="FILE", help="a file as it will arrive")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Write schemas/<name>.py."""
    path = ROOT / "schemas" / f"{refuse_odd_name(args.name)}.py"
    shown = path.relative_to(ROOT)
    if path.exists():
        raise Refused(str(shown), "this dataset exists already", "Edit the file, or choose another name")
    if args.sample is None:
        path.write_text(formatted(_example(args.name)))
        note, code = "It has one column, as an example", Exit.FINE
    else:
        found = inferred(args.sample, args.name)
        path.write_text(formatted(found.text))
        note, code = told(found), Exit.FINE if found.accepts else Exit.WANTING
    said = (
        f"Wrote {shown}. {note}: read it, say what must hold; then `tidegate up`, "
        f"and `tidegate land FILE --dataset {args.name}`."
    )
    return Answer({"said": said, "file": str(shown)}, lambda: said, code)


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


def _example(name: str) -> str:
    from tidegate.contract.formats import Csv
    from tidegate.contract.infer.draft import Draft, DraftColumn
    from tidegate.contract.infer.write import text_of

    title = name.replace("_", " ").capitalize()
    return text_of(Draft(name, title, Csv(), [DraftColumn("id", "id", "str", "text")], [("id",)]))
