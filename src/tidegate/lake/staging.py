"""Good rows that wait for their dataset's own step: typed, in parts, with the list that makes them count."""

from __future__ import annotations

import io
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.lake import layout

if TYPE_CHECKING:
    from collections.abc import Iterable

PART = 48 << 20  # bytes of rows in memory: a step that goes part by part holds one


@dataclass(frozen=True, kw_only=True)
class StagedPart:
    """One part of a file's good rows."""

    number: int
    rows: int
    bytes: int  # in memory


@dataclass(frozen=True)
class StagingShelf:
    """The staged parts of one landed file's good rows."""

    s3: Any
    bucket: str
    dataset: str
    edition: str

    @property
    def value(self) -> None:
        """All rows go together."""
        return

    def put(self, number: int, _value: int | None, rows: pl.DataFrame) -> bytes:
        """Write rows as one part; its line of the list is returned."""
        body = io.BytesIO()
        rows.write_parquet(body, compression="zstd", compression_level=1)
        body.seek(0)
        self.s3.put_object(Bucket=self.bucket, Key=self._key(number), Body=body)
        part = StagedPart(number=number, rows=rows.height, bytes=int(rows.estimated_size()))
        return json.dumps(asdict(part)).encode()

    def fetch(self, number: int, _value: int | None = None) -> pl.DataFrame:
        """The rows of a part that was written."""
        body = self.s3.get_object(Bucket=self.bucket, Key=self._key(number))["Body"].read()
        return pl.read_parquet(io.BytesIO(body))

    def save(self, lines: Iterable[bytes]) -> None:
        """Leave the list of the parts for the step."""
        body = b"[" + b",\n".join(lines) + b"]"
        self.s3.put_object(Bucket=self.bucket, Key=self._list, Body=body)

    def parts(self) -> tuple[StagedPart, ...]:
        """The parts that the list names, in the file's order."""
        body = self.s3.get_object(Bucket=self.bucket, Key=self._list)["Body"].read()
        return tuple(StagedPart(**part) for part in json.loads(body))

    @property
    def _list(self) -> str:
        return layout.staged_parts_key(self.dataset, self.edition)

    def _key(self, number: int) -> str:
        return layout.staged_rows_key(self.dataset, self.edition, number)
