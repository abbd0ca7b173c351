"""`tidegate contract test FILE`: what would become of a file is what becomes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandera.polars as pa
import polars as pl
import pytest

from infra.cli import drops
from infra.cli import main as command
from infra.cli.contract.trial import not_judged, try_out
from tidegate.contract.declare import Csv, Dataset, Overwrite, Reference, column
from tidegate.contract.source import BytesSource
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from pathlib import Path


class Trip(pa.DataFrameModel):
    trip: int = column(ge=1)
    rider: str = column(nullable=True, personal=True)


class PublishedTrip(Trip):
    twice: int = column(lt=100)


def doubled(rows: pl.DataFrame) -> pl.DataFrame:
    if (rows["trip"] == 13).any():
        raise ValueError("thirteen")
    return rows.with_columns(twice=pl.col("trip") * 2)


def trips(**more: Any) -> Dataset:
    return Dataset(name="trips", description="Trips", row=Trip, key=("trip",), **more)


STEPPED = trips(transform=doubled, published=PublishedTrip)


def tried(body: bytes, dataset: Dataset) -> Any:
    return try_out(BytesSource(body, "trips/a.csv"), dataset)


def test_rows_of_a_sound_file_would_all_be_published_and_personal_ones_are_not_shown() -> None:
    found = tried(b"trip,rider\n1,Ann\n2,\n", trips())
    assert (found.state, found.published, found.bad) == (State.PUBLISHED, 2, 0)
    assert found.shown["rider"].to_list() == ["•••", "•••"]


def test_bad_rows_and_bad_files_are_told() -> None:
    assert tried(b"trip,rider\n1,Ann\nx,Bob\n", trips()).state is State.PARTLY_PUBLISHED
    wrong = tried(b"trip\n1\n", trips())
    assert (wrong.state, wrong.published, wrong.fault.code) == (State.QUARANTINED, 0, "header_mismatch")


def test_the_step_runs_on_the_good_rows_less_those_that_turn_out_to_be_copies() -> None:
    found = tried(b"trip,rider\n1,\n60,\n2,\n2,\nx,\n", STEPPED)
    assert (found.published, found.bad) == (1, 4)
    assert found.step.tally.counts() == {("twice", "less_than"): 1}
    assert found.shown.to_dicts() == [{"trip": 1, "rider": "•••", "twice": 2}]


def test_a_step_that_fails_quarantines_the_file_and_says_what_it_raised() -> None:
    found = tried(b"trip,rider\n13,\n", STEPPED)
    assert (found.state, found.fault.code) == (State.QUARANTINED, "step_failed")
    assert "ValueError: thirteen" in found.fault.what


def test_what_cannot_be_judged_here_is_said() -> None:
    beyond = trips(
        unique_across_files=True,
        overwrite=Overwrite.REFUSE,
        references=(Reference(columns=("rider",), to="riders"),),
        reads=Csv(),
    )
    assert not_judged(beyond) == [
        "whether another file brought the same trip before",
        "whether its rider names a row of riders",
        "whether its name landed before, upon which it would refuse",
    ]
    assert not_judged(trips()) == []


@pytest.fixture
def weather(tmp_path: Path) -> Path:
    lines = (drops.folder() / "weather.csv").read_text().splitlines()[:200]
    lines[3] = lines[3].replace("EWR", "XXX")
    path = tmp_path / "weather.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_command_tells_it_to_people_and_to_programs(
    weather: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["contract", "test", str(weather), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["published_rows"], told["bad_rows"]) == ("partly_published", 198, 1)
    assert (told["rules"][0]["column"], told["rules"][0]["check"]) == ("origin", "isin")
    assert told["step"] == {"good_rows": 198, "bad_rows": 0, "rules": []}
    assert list(told["first_rows"][0])[:2] == ["origin", "observed_at"]
    assert command.main(["contract", "test", str(weather)]) == 1
    page = capsys.readouterr().out
    assert "weather/weather.csv would be partly published." in page
    assert "198 rows would be published in weather" in page


def test_a_sound_file_ends_with_0_and_an_unknown_dataset_with_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["contract", "test", str(drops.folder() / "airlines.csv")]) == 0
    assert command.main(["contract", "test", str(drops.folder() / "airlines.csv"), "--dataset", "boats"]) == 3
