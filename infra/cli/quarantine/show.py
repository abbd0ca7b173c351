"""`tidegate quarantine show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.cli import ledger, place
from infra.cli.answer import Answer
from infra.cli.quarantine import choosing
from tidegate.errors import NotFound
from tidegate.lake import layout

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry

SHOWN_ROWS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("id", nargs="?", default="", help="of the file, or how it begins")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Show one file's reports and its first rows.

    Raises:
        NotFound: there is no such file, or nothing of it in quarantine.
    """
    from infra.cli.quarantine import evidence, kept

    where = place.find(args.environment)
    file = choosing.only_one(where, args.id)
    reports = kept.reports(where, file)
    if not reports:
        what = f"nothing of {file.key} is there"
        raise NotFound(f"quarantine {file.object_id[:8]}", what, "tidegate quarantine list")
    rows, bucket = _first_rows(where, file, reports), kept.bucket(where)
    found = evidence.Evidence(file=file, bucket=bucket, reports=reports, rows=rows)
    data = {
        "file": ledger.data(file),
        "bucket": bucket,
        "reports": reports,
        "rows": rows,
        "pages": [layout.uri(bucket, layout.page_key(key)) for key in reports],
    }
    return Answer(data, found.page)


def _first_rows(where: place.Place, file: Entry, reports: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    from infra.cli.quarantine import kept

    personal, rows = kept.personal(file.standing.dataset), list[dict[str, Any]]()
    for _, part in kept.bad_rows(where, file):
        rows += kept.veiled(part, reports, personal).head(SHOWN_ROWS - len(rows)).to_dicts()
        if len(rows) >= SHOWN_ROWS:
            break
    return rows
