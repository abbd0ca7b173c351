"""G14: schema drift is decided, never absorbed, in real daily drops of weather and flights."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from functions import publish, transform, validate
from tests.functions.daily import FLIGHTS, WEATHER, Kind, year
from tests.functions.world import Context, World, landed, messages
from tidegate.contract.changes import OnChange
from tidegate.lake.entry import State
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.functions.daily import File

_TOGETHER = 25  # files whose commit is asked for at once


@pytest.mark.parametrize("kind", [WEATHER, FLIGHTS], ids=lambda kind: kind.name)
@pytest.mark.parametrize("policy", OnChange)
def test_each_change_of_a_year_of_drops_is_decided_and_said_once(
    world: World, monkeypatch: pytest.MonkeyPatch, figure: Callable[[int], int], policy: OnChange, kind: Kind
) -> None:
    monkeypatch.setenv(Setting.ENVIRONMENT.value, policy.value)
    validate.intake.cache_clear()
    transform.step.cache_clear()
    world.create_table(kind.name)
    files = list(year(kind, figure(365), seed=14))

    said, ids = _dropped(world, files, random.Random(14))

    _said_once(said, files, policy)
    _published_as_it_must(world, files, ids, policy)
    for file in files:
        _kept_as_it_must(world, file, ids[file.key], policy)


def _dropped(
    world: World, files: list[File], dice: random.Random
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Land the files, each told of once or twice; the facts of drift, and each file's id."""
    said: list[dict[str, Any]] = []
    ids: dict[str, str] = {}
    for start in range(0, len(files), _TOGETHER):
        events = [world.put(file.key, file.body) for file in files[start : start + _TOGETHER]]
        ids |= {event["detail"]["object"]["key"]: landed(event).object_id for event in events}
        events += dice.sample(events, len(events) // 5)
        dice.shuffle(events)
        for event in events:
            assert validate.handler(messages(event), Context()) == {"batchItemFailures": []}
        while facts := world.heard():
            said += [fact["detail"] for fact in facts if fact["detail-type"] == "SchemaDrifted"]
            checked = [fact for fact in facts if fact["detail-type"] == "FileValidated"]
            stepping = [fact for fact in checked if fact["detail"]["needs_transform"]]
            ringing = [fact for fact in facts if fact["detail-type"] == "FileTransformed"]
            ringing += [fact for fact in checked if not fact["detail"]["needs_transform"]]
            for function, some in ((transform, stepping), (publish, ringing)):
                for fact in some:
                    assert function.handler(messages(fact), Context()) == {"batchItemFailures": []}
    return said, ids


def _said_once(said: list[dict[str, Any]], files: list[File], policy: OnChange) -> None:
    told: Counter[str] = Counter()
    for fact in said:
        told.update(f"added {name}" for name in fact["added"])
        told.update(f"missing {name}" for name in fact["missing"])
        told.update(f"retyped {name}" for name in fact["retyped"])
        told.update(name for name in ("reordered", "reencoded") if fact[name])
        assert fact["policy"] == policy.value
        assert "secret" not in json.dumps(fact)
    assert told == dict.fromkeys(set().union(*(file.changes() for file in files)), 1)
    pairs = {tuple(pair) for fact in said for pair in fact["renamed"]}
    kind = files[0].kind
    for name in (kind.other, kind.needed):
        assert ((name, f"{name}_new") in pairs) == (f"added {name}_new" in told)


def _published_as_it_must(world: World, files: list[File], ids: dict[str, str], policy: OnChange) -> None:
    wanted: Counter[str] = Counter()
    for file in files:
        wanted.update(_line({**row, "_object_id": ids[file.key]}) for row in file.published(policy.value))
    found: Counter[str] = Counter()
    for row in world.rows(files[0].kind.name).iter_rows(named=True):
        kept = {name: value for name, value in row.items() if value is not None}
        if "_rescued" in kept:
            kept["_rescued"] = json.loads(kept["_rescued"])
        found[_line(kept)] += 1
    assert found == wanted
    assert found.total() > 0


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, default=lambda value: value.timestamp())


def _kept_as_it_must(world: World, file: File, object_id: str, policy: OnChange) -> None:
    entry = world.ledger.get(object_id)
    good = sum(1 for _ in file.published(policy.value))
    assert bool(entry.drift) == bool(file.changes())
    if file.refused(policy.value):
        assert entry.state is State.QUARANTINED
        kept = world.s3.get_object(
            Bucket=world.quarantine, Key=f"files/{file.kind.name}/{object_id}/original"
        )
        assert kept["Body"].read() == file.body
        return
    bad = len(file.rows) - good
    assert entry.state is (State.PARTLY_PUBLISHED if bad else State.PUBLISHED)
    assert (entry.total_rows, entry.good_rows, entry.bad_rows) == (len(file.rows), good, bad)
    if bad:
        assert world.kept(f"rows/{file.kind.name}/{object_id}/rows-0.parquet").height == bad
