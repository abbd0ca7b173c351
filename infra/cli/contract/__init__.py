"""`tidegate contract`: what a contract asks, how it changed, and what it would make of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import verbs
from infra.cli.verbs import run as run

if TYPE_CHECKING:
    import argparse

VERBS = {
    "infer": "write a contract that a file keeps, to be read and sharpened",
    "show": "a contract as a person reads it",
    "diff": "what changed between two versions of a contract, and whether that breaks anybody",
    "test": "what would become of a file, without landing it",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """The verbs, each with options of its own."""
    verbs.configure(parser, __name__, VERBS)
