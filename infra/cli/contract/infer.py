"""`tidegate contract infer FILE`: write the contract that a file keeps, with comments where it guesses."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, Exit
from infra.cli.contract.written import formatted, inferred, told
from infra.cli.dataset import refuse_odd_name
from tidegate.errors import Refused

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("file", type=Path, help="a file as it will arrive")
    parser.add_argument("--name", default="", help="of the dataset (default: from the file's name)")
    parser.add_argument("--out", type=Path, metavar="PATH", help="write it there (default: show it)")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Infer, and show or write it; 1 where the file does not keep its own contract in every row."""
    from tidegate.contract.infer.names import dataset_name

    name = refuse_odd_name(args.name or dataset_name(args.file.name))
    if args.out is not None and args.out.exists():
        raise Refused(str(args.out), "this file exists already", "Name another, or remove it first")
    found = inferred(args.file, name)
    text = formatted(found.text)
    verdict = found.verdict
    data = {
        "name": name,
        "text": text,
        "written": str(args.out) if args.out else None,
        "key": list(found.draft.key),
        "guesses": found.draft.comments,
        "total_rows": verdict.total_rows,
        "bad_rows": verdict.bad_rows,
    }
    code = Exit.FINE if found.accepts else Exit.WANTING
    if args.out is None:
        return Answer(data, lambda: text.rstrip("\n"), code)
    args.out.write_text(text)
    return Answer(
        data, lambda: f"Wrote {args.out}. {told(found)}: read its comments, which say where it guessed.", code
    )
