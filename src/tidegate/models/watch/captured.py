"""What was captured of a model: the files that came within a time, and their rows as frames."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.models import captures
from tidegate.models.columns import as_named

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LATE = timedelta(hours=1)  # a file may come so long after the hour that its name says
MOST_BYTES = 64_000_000  # of one look: as values they take some ten times as much memory


@dataclass(frozen=True)
class File:
    """One file of captures."""

    key: str
    size: int

    @property
    def version(self) -> int:
        """The version that answered."""
        return captures.version_of(self.key)


@dataclass(frozen=True)
class Captured:
    """Rows of one version, as they were asked and answered; the three frames go together row by row."""

    rows: pl.DataFrame  # the request's columns
    features: pl.DataFrame
    answers: pl.DataFrame  # `at`, `score`

    def __len__(self) -> int:
        return self.answers.height


def files(s3: Any, bucket: str, model: str, since: datetime, until: datetime) -> list[File]:
    """The files that S3 got since then and before `until`: by its clock, each is in one window."""
    start = captures.hour_prefix(model, since - LATE)
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=f"{captures.CAPTURES}/{model}/", StartAfter=start
    )
    listed: Iterator[dict[str, Any]] = (item for page in pages for item in page.get("Contents", []))
    return [
        File(item["Key"], item["Size"])
        for item in listed
        if since <= item["LastModified"].astimezone(UTC) < until
    ]


def thinned(found: Sequence[File]) -> list[File]:
    """Every n-th file, where all of them would be more than a function holds."""
    total = sum(file.size for file in found)
    return list(found[:: -(-total // MOST_BYTES) or 1])


def read(s3: Any, bucket: str, found: Sequence[File], types: Mapping[str, str]) -> Captured:
    """The rows of these files; the request's columns that `types` names are of that type."""
    told = [
        line
        for file in found
        for line in captures.read(s3.get_object(Bucket=bucket, Key=file.key)["Body"].read())
    ]
    answers = pl.DataFrame(
        {
            "at": pl.Series([line["at"] for line in told], dtype=pl.String),
            "score": pl.Series([line["score"] for line in told], dtype=pl.Float64),
        }
    )
    moments = pl.col("at").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", time_zone="UTC")
    rows = _frame([line["row"] for line in told])
    named = as_named(rows, {name: types[name] for name in rows.columns if name in types})
    return Captured(
        rows=rows.with_columns(named.get_columns()),
        features=_frame([line["features"] for line in told]).cast(pl.Float32),  # which they were written as
        answers=answers.with_columns(moments),
    )


def _frame(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame(
        {name: pl.Series(name, [row.get(name) for row in rows], strict=False) for name in names}
    )
