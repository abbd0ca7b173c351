"""How far the scores of two versions lie apart on the same traffic, by what their endpoint captured."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tidegate.models.captures import hour_prefix, read, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LEAST_ROWS = 100  # of each version: fewer say nothing
MOST_ROWS = 20_000  # of each version: more say nothing new
MOST_SHIFT = 0.1  # on average a score may move so far; a chance that moves by more is another prediction


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The scores of an old and a new version, compared."""

    old_rows: int
    new_rows: int
    distance: float  # the area between the two distributions: how far a score has moved on average
    held: bool = True  # of texts no distance is too far: a better one is more certain of what it writes

    @property
    def known(self) -> bool:
        """Whether there was enough to compare."""
        return min(self.old_rows, self.new_rows) >= LEAST_ROWS

    @property
    def too_far(self) -> bool:
        """Whether the new version predicts something else."""
        return self.held and self.known and self.distance > MOST_SHIFT

    def words(self) -> str:
        """The comparison in a sentence."""
        allowed = f"of {MOST_SHIFT} allowed" if self.held else "which is not judged of texts"
        return (
            f"prediction shift: scores lie {self.distance:.3f} apart on average, {allowed} "
            f"({self.old_rows} rows of the version in service, {self.new_rows} of the new one)"
        )


def compare(old: Sequence[float], new: Sequence[float], *, held: bool = True) -> Shift:
    """Compare two samples of scores by the area between their distributions (Wasserstein's distance)."""
    distance = _area(sorted(old), sorted(new)) if old and new else 0.0
    return Shift(old_rows=len(old), new_rows=len(new), distance=distance, held=held)


def captured(s3: Any, bucket: str, model: str, since: datetime, now: datetime) -> dict[int, list[float]]:
    """The scores that were captured since then, by version."""
    found: dict[int, list[float]] = {}
    for key in _keys(s3, bucket, model, since, now):
        scores = found.setdefault(version_of(key), [])
        if len(scores) < MOST_ROWS:
            body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            scores += [float(line["score"]) for line in read(body) if line.get("score") is not None]
    return found


def _keys(s3: Any, bucket: str, model: str, since: datetime, now: datetime) -> Iterator[str]:
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour <= now:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=hour_prefix(model, hour))
        for page in pages:
            yield from (one["Key"] for one in page.get("Contents", []) if one["LastModified"] >= since)
        hour += timedelta(hours=1)


def _area(old: Sequence[float], new: Sequence[float]) -> float:
    points = sorted({*old, *new})
    return sum(
        (right - left) * abs(bisect_right(old, left) / len(old) - bisect_right(new, left) / len(new))
        for left, right in pairwise(points)
    )
