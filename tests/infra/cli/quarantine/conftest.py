"""A small environment whose settings the command finds, with files of which something is in quarantine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from infra.cli import main as command
from tests.functions.changed import read_anew
from tests.functions.test_crashes import flow

if TYPE_CHECKING:
    from tests.functions.world import World

TRIPS = b"id,rider,price,day\n1,ann,2.5,2013-01-01\n2,=eve(),-1,2013-01-01\n3,bo,-100,2013-02-01\n"
STAYS = b"id,nights\n1,1\n2,0\n3,=1+1\n"


@dataclass(frozen=True)
class Desk:
    """The command, as somebody types it at a desk that sees one environment."""

    world: World
    capsys: pytest.CaptureFixture[str]

    def asks(self, *words: str) -> tuple[int, Any]:
        """The exit code and the document of `tidegate quarantine …`."""
        self.capsys.readouterr()
        code = command.main(["quarantine", *words, "--json", "--environment", self.world.name])
        return code, json.loads(self.capsys.readouterr().out)

    def reads(self, *words: str) -> str:
        """What a person sees."""
        self.capsys.readouterr()
        command.main(["quarantine", *words, "--environment", self.world.name])
        return self.capsys.readouterr().out

    def lands(self, key: str, body: bytes) -> str:
        """A file comes, and goes its way; its id is returned."""
        event = self.world.put(key, body)
        flow(self.world, event)
        return self.world.entry(event).object_id

    def goes_on(self) -> None:
        """What was said on the bus is done."""
        for event in self.world.heard():
            flow(self.world, event)


@pytest.fixture
def desk(world: World, capsys: pytest.CaptureFixture[str]) -> Desk:
    """The desk, and the tables of two datasets."""
    read_anew()
    for setting, value in world.settings.items():
        boto3.client("ssm").put_parameter(
            Name=f"/tidegate/{world.name}/{setting.parameter}", Value=value, Type="String"
        )
    for dataset in ("trips", "stays"):
        world.create_table(dataset)
    return Desk(world, capsys)
