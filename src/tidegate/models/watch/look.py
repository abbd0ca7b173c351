"""Look at what a model was asked since the last time, judge it, leave a report, and say what was found.

The order makes a death harmless: a window is opened before it is judged, its report and its fact have its
name, and it is closed last. Who comes after finishes an open window first. What is said twice, after a death
between the fact and the close, is said in the same words.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound
from tidegate.facts import DriftFound
from tidegate.lake import layout
from tidegate.models.text.declare import NOT_WATCHED, TextModel
from tidegate.models.watch.captured import File, files, read, thinned
from tidegate.models.watch.judging import judged, quality_of
from tidegate.models.watch.labels import types_of
from tidegate.models.watch.place import Place, Places, Window, report_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tidegate.facts import Fact
    from tidegate.models.declare import Model
    from tidegate.models.watch.captured import Captured
    from tidegate.models.watch.labels import Athena
    from tidegate.models.watch.versions import Version
    from tidegate.plan import TableSpec

FIRST = timedelta(days=30)  # so far back goes the first look at a model
SETTLED = timedelta(seconds=30)  # what S3 got since may not be listed whole


@dataclass(frozen=True)
class Looking:
    """What a look needs of the world."""

    s3: Any
    bucket: str
    athena: Athena
    version: Callable[[Model, int], Version]
    say: Callable[[Sequence[Fact]], None]
    clock: Callable[[], datetime]


@dataclass(frozen=True)
class Seen:
    """What a look came to."""

    report: dict[str, Any] | None  # none: too little was asked since
    said: str


def look(model: Model, table: TableSpec, at: Looking) -> Seen:
    """Judge what was captured of `model` since the last look; of a model of text, say why it is not judged.

    Raises:
        CommitConflict: another look was under way.
        NotFound: the version that answered left nothing to compare with; its window is passed over, for the
            next one may be another version's.
        Transient: the world failed.
    """
    if isinstance(model, TextModel):
        return Seen(None, NOT_WATCHED)
    places = Places(at.s3, at.bucket)
    place = places.read(model.name)
    window = place.window or _next(place, at)
    found = files(at.s3, at.bucket, model.name, window.since, window.until)
    version = _most(found)
    captured = _read(at, table, found, version)
    if place.window is None:
        if len(captured) < model.watch.least_rows:
            since, least = f"{window.since:%Y-%m-%d %H:%M} UTC", model.watch.least_rows
            return Seen(
                None,
                f"{len(captured)} of the {least} predictions that are judged together came since {since}",
            )
        place = places.open(model.name, place, window)
    try:
        known = at.version(model, version)
    except NotFound:
        places.close(model.name, place)
        raise
    report = _report(model, table, at, window, (version, known), captured, found)
    key = report_key(model.name, window)
    at.s3.put_object(Bucket=at.bucket, Key=key, Body=json.dumps(report, indent=1))
    if report["found"]:
        at.say([_fact(model, report, layout.uri(at.bucket, key))])
    places.close(model.name, place)
    return Seen(report, report["said"])


def _next(place: Place, at: Looking) -> Window:
    now = at.clock().replace(microsecond=0)
    return Window(place.until or now - FIRST, max(now - SETTLED, place.until or now - FIRST))


def _most(found: Sequence[File]) -> int:
    """The version that answered most; the latest of two that answered as much."""
    sizes: Counter[int] = Counter()
    for file in found:
        sizes[file.version] += file.size
    return max(sizes, key=lambda version: (sizes[version], version), default=0)


def _read(at: Looking, table: TableSpec, found: Sequence[File], version: int) -> Captured:
    of_version = thinned([file for file in found if file.version == version])
    return read(at.s3, at.bucket, of_version, types_of(table))


def _report(  # noqa: PLR0917 - all that a report tells of
    model: Model,
    table: TableSpec,
    at: Looking,
    window: Window,
    answering: tuple[int, Version],
    captured: Captured,
    found: Sequence[File],
) -> dict[str, Any]:
    version, known = answering
    old = window.until - model.watch.labels_within
    answered = _read(at, table, files(at.s3, at.bucket, model.name, old, window.until), version)
    came = quality_of(model, table, at.athena, known.auc, answered)
    return {
        "model": model.name,
        "version": version,
        "run": known.run,
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "rows": len(captured),
        "files": sum(file.version == version for file in found),
        "files_of_other_versions": sum(file.version != version for file in found),
        **judged(model, known, captured, came),
    }


def _fact(model: Model, report: dict[str, Any], address: str) -> DriftFound:
    features = dict.fromkeys(test["feature"] for test in report["tests"] if test["drifted"])
    return DriftFound(
        model=model.name,
        version=report["version"],
        what=tuple(report["found"]),
        features=tuple(features),
        report=address,
    )
