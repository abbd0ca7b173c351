"""`tidegate contract`: each verb explains itself, and options may stand before the verb or after it."""

from __future__ import annotations

import pytest

from infra.cli import main as command
from infra.cli.contract import VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    with pytest.raises(SystemExit) as left:
        command.main(["contract", verb, "--help"])
    assert left.value.code == 0


@pytest.mark.parametrize(
    "arguments", [["contract", "--json", "show", "flights"], ["contract", "show", "flights", "--json"]]
)
def test_an_option_may_stand_before_the_verb_or_after_it(arguments: list[str]) -> None:
    told = command.parser().parse_args(arguments)
    assert (told.json, told.environment, told.name) == (True, "laptop", "flights")
