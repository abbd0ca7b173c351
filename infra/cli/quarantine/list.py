"""`tidegate quarantine list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import ledger, place
from infra.cli.answer import Answer, counted, grid
from infra.cli.quarantine import choosing
from tidegate.lake.entry import State

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    choosing.configure(parser, by_id=False)
    parser.add_argument("--discarded", action="store_true", help="those that were discarded instead")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """List the files of which something is in quarantine."""
    found = choosing.filtered(place.find(args.environment), args, discarded=args.discarded)
    whole = sum(file.standing.state is State.QUARANTINED for file in found)
    bad = sum(file.standing.bad_rows for file in found)
    files, rows = counted(len(found), "file"), counted(bad, "bad row")
    title = f"{files} with something in quarantine: {whole} whole, {rows}"
    columns = ("id", "key", "kept", "rows", "reason")
    return Answer(
        [ledger.data(file) for file in found], lambda: grid(title, columns, [_row(file) for file in found])
    )


def _row(file: Entry) -> tuple[str, str, str, int, str]:
    stands = file.standing
    whole = stands.state is State.QUARANTINED
    told = [stands.reason]
    if file.before:
        told.append("is being judged again")
    elif file.note:
        told.append(f"judged again: {file.note}")
    if file.discarded_at:
        told.append(f"discarded by {file.discarded_by}: {file.discarded_why}")
    said = "; ".join(filter(None, told))
    return file.object_id[:8], file.key, "file" if whole else "rows", stands.bad_rows, said
