"""`tidegate down`: stop the local cloud; what it holds is kept for the next `up`."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, said
from infra.cli.place import STATE

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument(
        "--forget", action="store_true", help="delete its state too: buckets, tables, models, logs"
    )


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Stop it, and forget it when asked to."""
    from infra.local import cloud

    ran = cloud.stop(STATE / "cloud")
    told = "The local cloud is stopped." if ran else "No local cloud of ours was running."
    if args.forget:
        shutil.rmtree(STATE, ignore_errors=True)
        return said(told + " Its state is deleted.", stopped=ran, forgotten=True)
    return said(told + " Its state is kept; `tidegate up` goes on from there.", stopped=ran, forgotten=False)
