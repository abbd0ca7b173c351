"""Who may read the vault learns what tokens stand for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from infra.cli import main as command
from tidegate.lake.vault import TableVault
from tidegate.settings import Setting

if TYPE_CHECKING:
    import pytest

    from infra.cli.place import Place


def test_tokens_are_revealed_and_those_that_nobody_knows_are_said(
    bare_place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    vault = TableVault(bare_place.client("dynamodb"), bare_place.settings[Setting.VAULT_TABLE])
    vault.keep({f"tok_{number}": f"Ann {number}" for number in range(60)})

    code = command.main(["personal", "reveal", "tok_7", "tok_x", "--json", "--environment", "cli-tests"])

    told = json.loads(capsys.readouterr().out)
    assert told == [{"token": "tok_7", "value": "Ann 7"}, {"token": "tok_x", "value": None}]
    assert code == 1
