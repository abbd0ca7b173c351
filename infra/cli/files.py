"""`tidegate files`: every file that landed, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import ledger, place
from infra.cli.answer import Answer, grid

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen
    from tidegate.lake.entry import Entry


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--dataset", default="", help="only its files")
    parser.add_argument("--limit", type=int, default=50, help="how many, the latest first (default: 50)")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """List them."""
    found = ledger.files(place.find(args.environment), dataset=args.dataset)
    shown = found[: args.limit]
    rows = [
        (
            one.object_id[:8],
            one.key,
            f"{ledger.published_rows(one):,} of {one.total_rows:,}",
            "; ".join(filter(None, (_state(one), one.reason, one.drift and f"columns: {one.drift}"))),
        )
        for one in shown
    ]
    title = f"{len(shown)} of {len(found)} files"
    columns = ("id", "file", "published", "what became of it")  # no more, for 80 columns' sake
    return Answer([ledger.data(one) for one in shown], lambda: grid(title, columns, rows))


def _state(one: Entry) -> str:
    return one.state.value.replace("_", " ")
