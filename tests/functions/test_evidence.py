"""G11: quarantine is evidence. Of planted errors each is found, nothing else is, and the report says so."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import polars as pl
import pytest

from functions import publish, validate
from tests.functions.changed import changed, read_anew
from tests.functions.planted import COLUMNS, IN_CELLS, SECRET, Planted, planted, typed
from tests.functions.test_crashes import flow
from tests.functions.test_replay import replayed
from tests.functions.world import Context, World, messages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tidegate.lake.entry import Entry

EACH = 25
ENDINGS = (".csv", ".jsonl", ".json", ".parquet", ".xlsx")


def kept(world: World, entry: Entry, what: str) -> pl.DataFrame:
    """All parts of a file's evidence."""
    prefix = f"rows/plants/{entry.standing_edition}/{what}-"
    listed = world.s3.list_objects_v2(Bucket=world.quarantine, Prefix=prefix)["Contents"]
    return pl.concat([world.kept(one["Key"]) for one in listed])


@pytest.mark.seeds(4)
@pytest.mark.parametrize("ending", ENDINGS)
def test_every_planted_error_is_found_and_told_and_nothing_else(
    world: World, ending: str, seed: int, figure: Callable[[int], int]
) -> None:
    validate.intake.cache_clear()
    world.create_table("plants")
    file = planted(ending, figure(EACH), seed)
    event = world.put(file.name, file.body)
    assert validate.handler(messages(event), Context()) == {"batchItemFailures": []}
    publish.handler(messages(*world.heard()), Context())

    entry = world.entry(event)
    rows, raw = kept(world, entry, "rows").sort("_row"), kept(world, entry, "bytes").sort("_row")
    assert reasons(rows) == file.bad
    assert published(world) == sorted(typed(row) for row in file.good.values())

    assert set(rows["_file"]) == {f"s3://{world.landing}/{file.name}"}
    assert set(rows["_version"]) == {event["detail"]["object"]["version-id"]}
    assert set(rows["_contract"]) == {entry.contract_version}
    assert raw["_row"].to_list() == rows["_row"].to_list()
    check_places(file, rows.join(raw, on="_row"))
    check_report(world, entry, file)


@pytest.mark.parametrize("ending", ENDINGS)
def test_after_a_change_of_the_contract_each_row_that_now_passes_is_published_once(
    world: World, ending: str, tmp_path: Path, figure: Callable[[int], int]
) -> None:
    read_anew()
    world.create_table("plants")
    file = planted(ending, figure(EACH), seed=0)
    event = world.put(file.name, file.body)
    flow(world, event)
    with changed(tmp_path, "plants", '"moss"]', '"moss", "fern"]'):
        for _ in range(2):
            entry = replayed(world, event)
            good = [*file.good.values(), *file.ferns.values()]
            assert published(world) == sorted(typed(row) for row in good)
            left = {number: why for number, why in file.bad.items() if number not in file.ferns}
            assert reasons(kept(world, entry, "rows")) == left


def reasons(rows: pl.DataFrame) -> dict[int, frozenset[tuple[str, str]]]:
    """The rules that each bad row breaks, by its number."""
    return {
        row["_row"]: frozenset((why["column"], why["check"]) for why in row["_reasons"])
        for row in rows.iter_rows(named=True)
    }


def published(world: World) -> list[tuple[object, ...]]:
    """The table's rows, by their key."""
    return world.rows("plants").select(COLUMNS).sort("id").rows()


def check_places(file: Planted, rows: pl.DataFrame) -> None:
    """The bytes of each bad row are those that were written, at the place that is told."""
    for row in rows.iter_rows(named=True):
        number = row["_row"]
        if not file.raw:
            assert isinstance(json.loads(row["_bytes"]), list | dict)
            continue
        assert row["_bytes"] == file.raw[number]
        assert row["_line"] == file.line[number]
        assert file.body[row["_offset"] : row["_offset"] + row["_length"]] == file.raw[number]


def check_report(world: World, entry: Entry, file: Planted) -> None:
    """The report counts each rule, and neither it nor the rows' text show what is masked."""
    prefix = f"rows/plants/{entry.object_id}/"
    text = {
        name: world.s3.get_object(Bucket=world.quarantine, Key=prefix + name)["Body"].read().decode()
        for name in ("report.json", "report.html")
    }
    told = json.loads(text["report.json"])
    assert {(rule["column"], rule["check"]): rule["rows"] for rule in told["rules"]} == Counter(
        why for reasons in file.bad.values() for why in reasons
    )
    assert told["contract_version"] == entry.contract_version
    assert (told["total_rows"], told["bad_rows"]) == (len(file.bad) + len(file.good), len(file.bad))
    shown = "".join(text.values()) + "".join(kept(world, entry, "rows")["_raw"])
    assert SECRET not in shown
    for rule in told["rules"]:
        assert not any(one["said"].startswith(("=", "+", "-", "@", "\t", "\r")) for one in rule["examples"])


def test_there_are_twenty_kinds_of_error() -> None:
    assert len(IN_CELLS) == 20
