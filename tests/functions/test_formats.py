"""A file of each format goes from the landing bucket to the table; hostile keys and values are only text."""

from __future__ import annotations

import bz2
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from functions import publish, validate
from tests.functions.world import Context, World, messages
from tests.tidegate.contract.reading.workbooks import workbook
from tidegate.lake.entry import State

NAUGHTY = json.loads((Path(__file__).parents[1] / "corpora" / "naughty-strings" / "blns.json").read_text())
ROWS = [{"id": 1, "what": "a, b"}, {"id": 2, "what": '"é"'}, {"id": 3, "what": "=1+1"}]
FRAME = pl.DataFrame(ROWS)


def _parquet() -> bytes:
    out = io.BytesIO()
    FRAME.write_parquet(out, row_group_size=2)
    return out.getvalue()


FILES = {
    "a.csv": FRAME.write_csv().encode(),
    "a.csv.bz2": bz2.compress(FRAME.write_csv().encode()),
    "a.jsonl": FRAME.write_ndjson().encode(),
    "a.json": json.dumps(ROWS, indent=1).encode(),
    "a.parquet": _parquet(),
    "a.xlsx": workbook({"S": [["id", "what"], *(list(row.values()) for row in ROWS)]}),
}


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    validate.intake.cache_clear()


def run(*events: dict[str, Any]) -> None:
    for event in events:
        assert validate.handler(messages(event), Context()) == {"batchItemFailures": []}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_each_format_is_published_as_it_is(world: World, name: str) -> None:
    world.create_table("orders")
    event = world.put(f"orders/{name}", FILES[name])

    run(event)
    publish.handler(messages(*world.heard()), Context())

    assert world.entry(event).state is State.PUBLISHED
    assert world.rows("orders").sort("id").select("id", "what").to_dicts() == ROWS


def test_a_torn_file_of_each_format_is_kept_whole_with_its_reason(world: World) -> None:
    for name in ("a.csv.bz2", "a.json", "a.parquet", "a.xlsx"):
        event = world.put(f"orders/{name}", FILES[name][:-30])

        run(event)

        entry = world.entry(event)
        assert entry.state is State.QUARANTINED
        assert entry.reason.startswith("torn_")
        kept = world.s3.get_object(Bucket=world.quarantine, Key=f"files/orders/{entry.object_id}/original")[
            "Body"
        ].read()
        assert kept == FILES[name][:-30]


def test_naughty_strings_as_keys_and_values_change_nothing_but_their_own_cell(
    world: World, full: bool
) -> None:
    world.create_table("orders")
    wanted: dict[int, str] = {}
    for number, text in list(enumerate(NAUGHTY))[:: 1 if full else 10]:
        body = json.dumps({"id": number, "what": text}).encode()
        folder = text[:200].replace("\x00", "") or "nothing"
        run(world.put(f"orders/{folder}/a.jsonl", body))
        wanted[number] = text
    publish.handler(messages(*world.heard()), Context(600))

    assert len(wanted) > 50
    assert dict(world.rows("orders").select("id", "what").rows()) == wanted
