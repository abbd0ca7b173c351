"""`tidegate quarantine replay`: ask that files be judged again, and tell what came of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from infra.cli import ledger, place
from infra.cli.answer import Answer, Exit, counted, grid
from infra.cli.quarantine import choosing
from tidegate.errors import Refused, Transient
from tidegate.facts import ReplayRequested
from tidegate.lake.announce import announce
from tidegate.lake.entry import State
from tidegate.lake.landed import landed_of
from tidegate.lake.ledger import Ledger
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from infra.cli.quarantine.rehearsal import Outlook
    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry

_SHOWN_RULES = 3


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    choosing.configure(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what it would do, and do nothing")
    retract = "let published rows that the contract now refuses leave the table"
    parser.add_argument("--retract", action="store_true", help=retract)
    parser.add_argument("--no-wait", action="store_true", help="do not wait for what becomes of them")
    parser.add_argument("--wait-seconds", type=float, default=300)


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Ask, and wait until each file has come to its end; with `--dry-run` only find out."""
    where = place.find(args.environment)
    files = [_replayable(file) for file in choosing.chosen(where, args)]
    others = _deployed_otherwise(where, screen, files)
    if args.dry_run:
        from infra.cli.quarantine.rehearsal import rehearse

        return _foretold([rehearse(where, file, retract=args.retract) for file in files], others)
    asked = [request(file, retract=args.retract, by=who(where)) for file in files]
    announce(where.client("events"), where.settings[Setting.BUS], asked)
    screen.step(f"asked for {counted(len(asked), 'file')} to be judged again")
    if args.no_wait:
        told = {"said": "asked", "requests": [vars(one) for one in asked]}
        return Answer(told, lambda: f"{counted(len(asked), 'file')} asked for. See: tidegate quarantine list")
    return _told(ended(where, asked, args.wait_seconds))


def who(where: place.Place) -> str:
    """Whose credentials these are, as AWS knows them."""
    return str(where.client("sts").get_caller_identity()["Arn"])


def ended(where: place.Place, asked: Sequence[ReplayRequested], wait_seconds: float) -> list[Entry]:
    """The ledger's entries of these files, once each request has come to its end.

    Raises:
        Transient: some did not, in time.
    """
    book = Ledger(where.settings[Setting.LEDGER_TABLE], where.client("dynamodb"))
    wanted = {one.object_id: one.generation for one in asked}
    deadline = time.monotonic() + wait_seconds
    while True:
        entries = list(book.entries(wanted))
        done = [one for one in entries if one.state.is_terminal and one.generation >= wanted[one.object_id]]
        if len(done) == len(wanted):
            return sorted(entries, key=lambda entry: entry.key)
        if time.monotonic() > deadline:
            what = f"{counted(len(wanted) - len(done), 'file')} came to no end within {wait_seconds:g} s"
            raise Transient("ledger", what, "Watch them: tidegate quarantine list")
        time.sleep(0.2)


def _deployed_otherwise(where: place.Place, screen: Screen, files: Sequence[Entry]) -> list[str]:
    """The datasets whose contract here is not what is deployed, by which files are judged; it is said."""
    from infra.cli.quarantine.deployed import differing

    names = differing(where, (landed_of(file).dataset for file in files))
    for name in names:
        screen.step(
            f"[yellow]schemas/{name}.py is not what is deployed[/], by which files are judged: deploy"
        )
    return names


def _replayable(file: Entry) -> Entry:
    where, again = f"quarantine {file.object_id[:8]}", "Land the file again, if it is needed after all"
    if file.discarded_at:
        raise Refused(where, f"it was discarded by {file.discarded_by}: {file.discarded_why}", again)
    if file.state is State.IGNORED:
        raise Refused(where, f"it is ignored: {file.reason}", again)
    return file


def request(file: Entry, *, retract: bool, by: str) -> ReplayRequested:
    """What asks for a file to be judged again; of one that is under way, the same request once more."""
    generation = file.generation + 1 if file.state.is_terminal else file.generation
    return ReplayRequested(
        object_id=file.object_id,
        dataset=landed_of(file).dataset,
        generation=generation,
        retract=retract,
        asked_by=by,
    )


def _foretold(outlooks: list[Outlook], others: Sequence[str]) -> Answer:
    columns = ("id", "key", "now good", "still bad", "retracted", "rules", "what would happen")
    rows = [
        (
            one.file.object_id[:8],
            one.file.key,
            one.recovered_rows,
            one.bad_rows,
            one.retracted_rows,
            _in_words(one.rules),
            one.note or one.reason or ("partly published" if one.bad_rows else "published"),
        )
        for one in outlooks
    ]
    title = f"What a replay of {counted(len(outlooks), 'file')} would do, by the contracts that lie here"
    data = [{**one.data(), "as_deployed": landed_of(one.file).dataset not in others} for one in outlooks]
    return Answer(data, lambda: grid(title, columns, rows))


def _in_words(rules: Sequence[dict[str, Any]]) -> str:
    named = [f"{rule['column'] or 'the row'}: {rule['check']} ({rule['rows']:,})" for rule in rules]
    more = f" and {len(named) - _SHOWN_RULES} more" if len(named) > _SHOWN_RULES else ""
    return ", ".join(named[:_SHOWN_RULES]) + more


def _told(entries: list[Entry]) -> Answer:
    columns = ("id", "key", "state", "recovered", "retracted", "still bad", "said")
    rows = [
        (
            entry.object_id[:8],
            entry.key,
            entry.state.value,
            entry.recovered_rows,
            entry.retracted_rows,
            entry.bad_rows,
            entry.note or entry.reason,
        )
        for entry in entries
    ]
    recovered = sum(entry.recovered_rows for entry in entries)
    whole = all(entry.is_in_table and not entry.bad_rows for entry in entries)
    title = f"{counted(recovered, 'row')} recovered of {counted(len(entries), 'file')}"
    return Answer(
        [ledger.data(entry) for entry in entries],
        lambda: grid(title, columns, rows),
        Exit.FINE if whole else Exit.WANTING,
    )
