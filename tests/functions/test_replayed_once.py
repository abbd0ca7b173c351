"""After a contract changed, each row that passes now is published once: however often it is asked for."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from functions import publish, validate
from tests.functions.changed import changed, read_anew
from tests.functions.test_replay import request
from tidegate.errors import Transient
from tidegate.facts import ReplayRequested
from tidegate.lake import layout
from tidegate.lake.landed import landed_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.functions.world import World
    from tidegate.lake.entry import Entry

WORKERS = 3
BEFORE = """\
    id: int = column(ge=1)
    rider: str = column(personal=True, nullable=True)
    price: float = column(ge=0"""
AFTER = """\
    id: int = column(ge=0)
    rider: str = column(personal=True, nullable=True)
    price: float = column(ge=-5"""
TOLD = ("Object Created", "ReplayRequested", "FileValidated")


@dataclass(frozen=True)
class Planted:
    """One row of a file, and what the two contracts make of it."""

    text: str
    id: int | None  # of a row that either contract takes
    passes_before: bool
    passes_after: bool


def planted(number: int, draw: random.Random) -> list[Planted]:
    """The rows of one file: good ones, and ones that are wrong in each of seven ways."""
    first = number * 1000
    rows = [Planted(f"{first + at},ann,{at}.5,2013-01-01", first + at, True, True) for at in range(1, 9)]
    rows += [Planted(f"{first + at},eve,-5,2013-02-01", first + at, False, True) for at in range(21, 25)]
    rows += [Planted(f"{first + 30},bo,-100,2013-02-01", None, False, False)]
    rows += [Planted(f"{first + 31},bo,cheap,2013-02-01", None, False, False)]
    rows += [Planted(f"{first + 32},bo,1,01.02.2013", None, False, False)]
    rows += [Planted(f"{first + 33},bo,1", None, False, False)]
    rows += [Planted(f"{first + 34},bo,1,2013-02-01", None, False, False)] * 2
    rows += [Planted(f"-{number + 1},bo,1,2013-02-01", None, False, False)]
    rows += [Planted("0,zed,2,2013-03-01", 0, False, True)]
    draw.shuffle(rows)
    return rows


def drain(world: World, events: list[dict[str, Any]], draw: random.Random) -> None:
    """Deliver each event one to three times, in any order, to several workers, until nothing is left."""
    waiting = [event for event in events for _ in range(draw.randint(1, 3))]
    with ThreadPoolExecutor(WORKERS) as pool:
        while waiting:
            draw.shuffle(waiting)
            some, waiting = waiting[: WORKERS * 2], waiting[WORKERS * 2 :]
            waiting += [event for event, failed in zip(some, pool.map(deliver, some), strict=True) if failed]
            told = [fact for fact in world.heard() if fact["detail-type"] in TOLD]
            waiting += [fact for fact in told for _ in range(draw.randint(1, 2))]


def deliver(event: dict[str, Any]) -> bool:
    """Do what the function of this event does; whether the message goes back to its queue."""
    kind, detail = event["detail-type"], event["detail"]
    try:
        if kind == "ReplayRequested":
            validate.intake().replay(ReplayRequested.from_event(event), 60)
        elif kind == "FileValidated":
            publish.publisher(60).publish(detail["dataset"], "append", detail["object_id"])
        else:
            validate.intake().validate(landed_from(event), 60)
    except Transient:
        return True
    return False


def published(world: World) -> Counter[int]:
    return Counter(world.rows("trips")["id"].to_list())


@pytest.mark.seeds(5)
def test_each_row_that_passes_today_is_published_once(
    world: World, tmp_path: Path, seed: int, figure: Callable[[int], int]
) -> None:
    read_anew()
    world.create_table("trips")
    draw = random.Random(seed)
    files = [planted(number, draw) for number in range(figure(40))]
    bodies = ["\n".join(["id,rider,price,day", *(row.text for row in rows)]) + "\n" for rows in files]
    events = [world.put(f"trips/{number}.csv", body.encode()) for number, body in enumerate(bodies)]
    drain(world, events, draw)
    rows = [row for file in files for row in file]
    assert published(world) == Counter(row.id for row in rows if row.passes_before)

    with changed(tmp_path, "trips", BEFORE, AFTER):
        late = world.put("trips/late.csv", b"id,rider,price,day\n999999,ann,1,2013-01-01\n")
        drain(world, [late, *(request(world, event) for event in events)], draw)
        drain(world, [request(world, event) for event in draw.sample(events, len(events) // 2)], draw)

        wanted = Counter(row.id for row in rows if row.passes_after) + Counter([999999])
        assert published(world) == wanted
        for event, file in zip(events, files, strict=True):
            entry = world.entry(event)
            assert (entry.total_rows, entry.good_rows) == (len(file), sum(row.passes_after for row in file))
            bad = {at for at, row in enumerate(file, start=1) if not row.passes_after}
            assert kept(world, entry) == bad


def kept(world: World, entry: Entry) -> set[int]:
    """The numbers of the rows that stand in quarantine."""
    found = world.kept(layout.bad_rows_key(entry.dataset, entry.standing_edition))
    return set(found["_row"].to_list())
