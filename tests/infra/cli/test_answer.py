"""Tables stay readable on a narrow terminal, and say moments in one way."""

from __future__ import annotations

import io

from rich.console import Console

from infra.cli import models
from infra.cli.answer import grid, minute
from infra.cli.registry import PENDING

ROWS = [
    (
        "51fe5a9a",
        "flights/2013-late-news-from-the-airport.csv",
        "partly_published",
        1_166_198,
        4,
        "why " * 30,
    ),
    ("c7efbf93", "planes/planes.csv", "published", 3_322, 0, ""),
]


def _drawn(width: int) -> str:
    console = Console(width=width, file=io.StringIO())
    with console.capture() as shown:
        console.print(grid("", ("id", "key", "state", "rows", "bad", "reason"), ROWS))
    return shown.get()


def test_numbers_and_short_cells_stay_whole_where_long_ones_are_folded() -> None:
    for width in (80, 100, 120):
        drawn = _drawn(width)
        for whole in ("51fe5a9a", "partly_published", "1,166,198", "3,322"):
            assert whole in drawn, f"{width} columns"
        assert max(len(line) for line in drawn.splitlines()) <= width


def test_nothing_of_a_long_cell_is_lost() -> None:
    assert _drawn(80).count("why") == 30


def test_a_table_of_facts_has_no_empty_header() -> None:
    console = Console(width=80, file=io.StringIO())
    with console.capture() as shown:
        console.print(grid("", ("", ""), [("status", "Approved")]))
    assert len(shown.get().splitlines()) == 3


def test_a_moment_is_told_in_utc_and_to_the_minute() -> None:
    assert minute("2026-11-25T23:20:08.895+00:00") == "2026-11-25 23:20"
    assert minute("2026-11-26T01:20:08+02:00") == "2026-11-25 23:20"
    assert minute("") == ""


def test_a_version_that_waits_is_told_with_the_command_that_approves_it() -> None:
    waits = {
        "version": 2, "status": PENDING, "created": "2026-11-25T23:20:08+00:00", "taken_back": "",
        "metrics": {"auc": "0.718736", "one_feature_auc": "0.5", "log_loss": "0.538972"},
    }  # fmt: skip
    console = Console(width=120, file=io.StringIO())
    with console.capture() as shown:
        told = {"model": "m", "endpoint": None, "idle": "", "versions": [waits], "trainings": []}
        console.print(models._view([told]))
    for part in ("waits → tidegate approve m 2", "auc 0.719, log loss 0.539", "2026-11-25 23:20"):
        assert part in shown.get()
