"""`tidegate quarantine discard`: a person decides that what is in quarantine of some files is not needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli import ledger, place
from infra.cli.answer import Answer, counted, grid
from infra.cli.quarantine import choosing
from infra.cli.quarantine.replay import who
from tidegate.errors import Refused
from tidegate.lake import layout
from tidegate.lake.entry import iso
from tidegate.lake.ledger import Ledger
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry

_AT_ONCE = 1000
_REPORTS = ("report.json", "report.html")  # they say what there was, personal values masked


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    choosing.configure(parser)
    parser.add_argument("--why", required=True, help="the reason, which the ledger keeps")
    bytes_ = "remove rows and files too, every version of them; the reports stay"
    parser.add_argument("--remove-bytes", action="store_true", help=bytes_)
    parser.add_argument("--yes", action="store_true", help="do it; without, it is only said what would be")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Mark the files in the ledger, with who decided it and why.

    Raises:
        Refused: it was not said that this is meant, or a file is being judged this moment.
    """
    where = place.find(args.environment)
    files = choosing.chosen(where, args)
    if not args.yes:
        _refuse_without_yes(files, remove=args.remove_bytes)
    book = Ledger(where.settings[Setting.LEDGER_TABLE], where.client("dynamodb"))
    by = who(where)
    done = [_discarded(book, file, by=by, why=args.why) for file in files]
    removed = sum(_remove_bytes(where, file) for file in done) if args.remove_bytes else 0
    rows = [(file.object_id[:8], file.key, file.bad_rows, file.discarded_why) for file in done]
    title = f"{counted(len(done), 'file')} discarded, {counted(removed, 'object')} removed"
    data = {"files": [ledger.data(file) for file in done], "removed_objects": removed}
    return Answer(data, lambda: grid(title, ("id", "key", "rows", "why"), rows))


def _refuse_without_yes(files: list[Entry], *, remove: bool) -> None:
    named = ", ".join(file.object_id[:8] for file in files[:10]) + (" …" if len(files) > 10 else "")
    rows = sum(file.bad_rows for file in files)
    what = f"{counted(len(files), 'file')} with {counted(rows, 'bad row')} would be discarded ({named})"
    gone = "; their rows and files would be removed for good" if remove else ""
    raise Refused("quarantine discard", f"{what}{gone}", "If that is meant, say --yes")


def _discarded(book: Ledger, file: Entry, *, by: str, why: str) -> Entry:
    """The file's entry with the decision; one that was taken before stands."""
    if file.discarded_at:
        return file
    marked = None
    if file.state.is_terminal:
        at = iso(book.now())
        marked = book.amend(file, discarded_at=at, discarded_by=by, discarded_why=why)
    if marked is None:
        what = f"{file.key} is being judged this moment"
        raise Refused(f"quarantine {file.object_id[:8]}", what, "Try again when it has come to its end")
    return marked


def _remove_bytes(where: place.Place, file: Entry) -> int:
    """Remove every version of the evidence, of all generations; the number of objects is returned."""
    from infra.cli.quarantine import kept

    s3, bucket, removed = where.client("s3"), kept.bucket(where), 0
    found = list(_evidence(s3, bucket, file))
    for start in range(0, len(found), _AT_ONCE):
        some = found[start : start + _AT_ONCE]
        s3.delete_objects(Bucket=bucket, Delete={"Objects": some, "Quiet": True})
        removed += len(some)
    return removed


def _evidence(s3: Any, bucket: str, file: Entry) -> Iterator[dict[str, str]]:
    names = {file.dataset or layout.UNCLAIMED, layout.UNCLAIMED}
    prefixes = [f"{kind}/{name}/{file.object_id}" for kind in ("rows", "files") for name in sorted(names)]
    pager = s3.get_paginator("list_object_versions")
    for prefix in prefixes:
        for page in pager.paginate(Bucket=bucket, Prefix=prefix):
            for one in page.get("Versions", ()):
                if not one["Key"].endswith(_REPORTS):
                    yield {"Key": one["Key"], "VersionId": one["VersionId"]}
