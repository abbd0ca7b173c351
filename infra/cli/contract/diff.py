"""`tidegate contract diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.errors import Unsupported

if TYPE_CHECKING:
    import argparse

    from infra.cli.answer import Answer
    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("versions", nargs="*", metavar="VERSION", help="a dataset, or schema files")


def run(_args: argparse.Namespace, _screen: Screen) -> Answer:
    """Do it.

    Raises:
        Unsupported: it is not there yet.
    """
    raise Unsupported("contract diff", "it is not there yet", "Wait for the next version")
