"""A command of several verbs: each verb is the module of its name in the command's package."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.cli.answer import Answer
    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser, package: str, verbs: Mapping[str, str]) -> None:
    """One verb a module: each has `configure(parser)` and `run(args, screen)`."""
    chosen = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb, summary in verbs.items():
        command = chosen.add_parser(verb, help=summary, description=summary, parents=[_everywhere()])
        module = import_module(f"{package}.{verb}")
        module.configure(command)
        command.set_defaults(run_verb=module.run)


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Do what the verb says."""
    answer: Answer = args.run_verb(args, screen)
    return answer


def _everywhere() -> argparse.ArgumentParser:
    """The options of every command, again after the verb; what was said before it stays said."""
    unsaid = argparse.SUPPRESS
    options = argparse.ArgumentParser(add_help=False)
    options.add_argument("--json", action="store_true", default=unsaid, help="answer with one JSON document")
    options.add_argument("--debug", action="store_true", default=unsaid, help="show tracebacks")
    options.add_argument("--environment", default=unsaid, metavar="NAME", help="default: laptop")
    return options
