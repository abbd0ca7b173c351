"""Which files of the quarantine a verb is about."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.cli import ledger
from tidegate.contract.severity import rule_name
from tidegate.errors import BadRequest, NotFound
from tidegate.lake.entry import State

if TYPE_CHECKING:
    import argparse

    from infra.cli.place import Place
    from tidegate.lake.entry import Entry

_READERS = 16


def configure(parser: argparse.ArgumentParser, *, by_id: bool = True) -> None:
    """The options that choose."""
    if by_id:
        parser.add_argument("ids", nargs="*", metavar="ID", help="of files, or how they begin")
        parser.add_argument("--all", action="store_true", help="every file of which something is there")
    parser.add_argument("--dataset", default="", help="only its files")
    parser.add_argument("--rule", default="", help="only files that break it: column:check, check or column")
    parser.add_argument("--since", default="", metavar="TIME", help="only what landed since: 2026-11-25")


def chosen(where: Place, args: argparse.Namespace) -> list[Entry]:
    """The files that the options name, the latest first; those named by id whatever their state.

    Raises:
        BadRequest: they name none, or a time that is none.
        NotFound: an id fits no file, or several.
    """
    if args.ids:
        return [ledger.file(where, start) for start in dict.fromkeys(args.ids)]
    if not (args.all or args.dataset or args.rule or args.since):
        raise BadRequest("tidegate quarantine", "no file was chosen", "Name ids, or say --dataset D or --all")
    return filtered(where, args)


def filtered(where: Place, args: argparse.Namespace, *, discarded: bool = False) -> list[Entry]:
    """The files of which something is in quarantine, and that keep to the options.

    Raises:
        BadRequest: a time that is none.
    """
    since = _moment(args.since)
    files = [file for file in ledger.files(where) if _is_kept(file) and bool(file.discarded_at) == discarded]
    found = [
        file for file in files if args.dataset in ("", file.dataset) and (not since or _landed(file) >= since)
    ]
    if not args.rule:
        return found
    with ThreadPoolExecutor(_READERS) as pool:
        fits = pool.map(lambda file: args.rule in _rules(where, file), found)
        return [file for file, does in zip(found, fits, strict=True) if does]


def only_one(where: Place, start: str) -> Entry:
    """The one file whose id begins so.

    Raises:
        NotFound: there is none, or more than one, or no id was given.
    """
    if not start:
        raise NotFound("quarantine show", "no id was given", "See the ids: tidegate quarantine list")
    return ledger.file(where, start)


def _is_kept(file: Entry) -> bool:
    return file.standing.state is State.QUARANTINED or bool(file.standing.bad_rows)


def _rules(where: Place, file: Entry) -> set[str]:
    """Every word that names a rule which the file breaks."""
    from infra.cli.quarantine import kept

    words = {file.standing.reason.partition(":")[0]} if file.standing.state is State.QUARANTINED else set()
    for report in kept.reports(where, file).values():
        for rule in report.get("rules", ()):
            words |= {rule["check"], rule["column"], rule_name(rule["column"], rule["check"])}
    return words - {""}


def _landed(file: Entry) -> datetime:
    return _moment(file.landed_at or file.claimed_at) or datetime.max.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest("--since", f"{text!r} is no time", "Write 2026-11-25 or 2026-11-25T10:00") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
