"""`tidegate contract infer`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.errors import Unsupported

if TYPE_CHECKING:
    import argparse

    from infra.cli.answer import Answer
    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("file", help="a file as it will arrive")


def run(_args: argparse.Namespace, _screen: Screen) -> Answer:
    """Do it.

    Raises:
        Unsupported: it is not there yet.
    """
    raise Unsupported("contract infer", "it is not there yet", "Wait for the next version")
