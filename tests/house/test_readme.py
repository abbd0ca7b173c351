"""What the README tells to type can be typed; the file it shows works; the paths it names exist."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from infra.cli.main import parser
from tests.house import checkout
from tests.house.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text()
COMMANDS = [
    line.split("#")[0].strip()
    for block in re.findall(r"```\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("./tidegate")
]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_is_one_that_exists(line: str) -> None:
    _, *arguments = shlex.split(line)
    assert callable(parser().parse_args(arguments).run)


def test_the_readme_shows_both_commands_first() -> None:
    assert COMMANDS[:2] == ["./tidegate demo", "./tidegate test"]


def test_every_path_that_a_page_links_to_exists() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == [], page.name


def test_every_fact_has_a_row_in_the_flow_or_is_said_by_it() -> None:
    table = README.split("| what happens |")[1].split("\n\n")[0]
    assert re.findall(r"\]\((functions/\w+\.py)\)", table)
    assert all((ROOT / path).exists() for path in re.findall(r"\]\((functions/\w+\.py)\)", table))


def test_the_dataset_of_the_readme_works_as_it_stands(tmp_path: Path) -> None:
    root = checkout.copy(tmp_path / "checkout")
    (example,) = [
        code for code in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "class Booking" in code
    ]
    (root / "schemas" / "bookings.py").write_text(example)
    done = checkout.run(
        root, "-c", "from tidegate import find; print(find.dataset('bookings').key, len(find.datasets()))"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("('booking_id',)")
