"""`tidegate quarantine`: rows and files that were refused, why, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import verbs
from infra.cli.verbs import run as run

if TYPE_CHECKING:
    import argparse

VERBS = {
    "list": "the files of which something is in quarantine",
    "show": "one file's reports, its rules, examples and rows",
    "export": "bad rows and files to a folder: as they came, to be mended, and a table of the reasons",
    "replay": "judge files again by the contract as it is deployed now, and publish what passes",
    "discard": "decide that what is in quarantine of some files is not needed",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The verbs, each with options of its own."""
    verbs.configure(parser, __name__, VERBS)
