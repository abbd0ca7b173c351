"""`tidegate personal`: what a token stands for, for who may read the vault. Nothing of it is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import place
from infra.cli.answer import Answer, Exit, counted, grid
from tidegate.lake.vault import TableVault
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("what", choices=("reveal",))
    parser.add_argument("tokens", nargs="+", metavar="TOKEN", help="as it stands in a table: tok_…")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Look tokens up with the caller's own rights."""
    where = place.find(args.environment)
    vault = TableVault(where.client("dynamodb"), where.settings[Setting.VAULT_TABLE])
    known = vault.reveal(args.tokens)
    rows = [(token, known.get(token)) for token in args.tokens]
    return Answer(
        [{"token": token, "value": value} for token, value in rows],
        lambda: grid(f"{counted(len(known), 'token')} known", ("token", "value"), rows),
        Exit.FINE if len(known) == len(set(args.tokens)) else Exit.WANTING,
    )
