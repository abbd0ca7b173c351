"""A file's bad rows on their way into quarantine, in parts: what people read, and the bytes apart.

The text of a row is masked where it is personal; its original bytes are not, and lie in objects of their own:
one may be allowed to read the former and not the latter.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tidegate.contract.verdict import BYTES, REASONS, ROW
from tidegate.lake.numbers import Notebook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.contract.batch import Numbers
    from tidegate.lake.numbers import Noted

FILE, VERSION, CONTRACT = "_file", "_version", "_contract"
MOST_ROWS = 20_000
MOST_BYTES = 16 << 20
_MORE = "_more"


@dataclass(frozen=True, kw_only=True)
class Folder:
    """Where one file's bad rows go, and what is said of all of them."""

    s3: Any
    bucket: str
    rows_key: Callable[[int], str]
    bytes_key: Callable[[int], str]
    file: str  # its address
    version: str
    contract: str


class Evidence:
    """The bad rows of one file."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._waiting: list[pl.DataFrame] = []
        self._more: list[pl.DataFrame] = []
        self._notebook = Notebook()
        self._parts: list[Noted] = []

    def refuse(self, bad: pl.DataFrame) -> None:
        """Take rows, as `BAD_SCHEMA` has them; a part is written when enough wait."""
        self._waiting.append(bad)
        if sum(rows.height for rows in self._waiting) >= MOST_ROWS or self._bytes() >= MOST_BYTES:
            self._flush()

    def amend(self, more: pl.DataFrame) -> None:
        """Add reasons to rows that were refused before."""
        self._more.append(more.select(ROW, REASONS))

    def finish(self) -> int:
        """Write what waits, with every reason; the number of parts is returned."""
        if self._more:
            more = pl.concat(self._more).group_by(ROW).agg(pl.col(REASONS).explode()).sort(ROW)
            self._waiting = [_with(rows, more) for rows in self._waiting]
            self._amend_parts(more)
        self._flush()
        return len(self._parts)

    def rows(self) -> Numbers:
        """The numbers of all rows that were refused."""
        return np.concatenate([np.zeros(0, dtype=np.int64), *map(self._notebook.read, self._parts)])

    def close(self) -> None:
        """Give the scratch space back."""
        self._notebook.close()

    def _bytes(self) -> int:
        return sum(int(rows.estimated_size()) for rows in self._waiting)

    def _flush(self) -> None:
        if not self._waiting:
            return
        rows = pl.concat(self._waiting).sort(ROW)
        self._waiting = []
        for start in range(0, rows.height, MOST_ROWS):
            self._put_part(rows.slice(start, MOST_ROWS))

    def _put_part(self, rows: pl.DataFrame) -> None:
        number, folder = len(self._parts), self._folder
        about = {FILE: folder.file, VERSION: folder.version, CONTRACT: folder.contract}
        self._put(folder.bytes_key(number), rows.select(ROW, BYTES))
        told = rows.drop(BYTES).with_columns(pl.lit(said).alias(name) for name, said in about.items())
        self._put(folder.rows_key(number), told)
        self._parts.append(self._notebook.note(rows[ROW].to_numpy()))

    def _amend_parts(self, more: pl.DataFrame) -> None:
        row = more[ROW].to_numpy()
        for number, noted in enumerate(self._parts):
            if np.isin(self._notebook.read(noted), row, assume_unique=True).any():
                key = self._folder.rows_key(number)
                body = self._folder.s3.get_object(Bucket=self._folder.bucket, Key=key)["Body"].read()
                self._put(key, _with(pl.read_parquet(io.BytesIO(body)), more))

    def _put(self, key: str, rows: pl.DataFrame) -> None:
        body = io.BytesIO()
        rows.write_parquet(body, compression="zstd", compression_level=1)
        body.seek(0)
        self._folder.s3.put_object(Bucket=self._folder.bucket, Key=key, Body=body)


def _with(rows: pl.DataFrame, more: pl.DataFrame) -> pl.DataFrame:
    """The rows, those among them that have more reasons with these after their own."""
    joined = rows.join(more.rename({REASONS: _MORE}), on=ROW, how="left", maintain_order="left")
    every = pl.col(REASONS).list.concat(pl.col(_MORE).fill_null([]))
    return joined.with_columns(every.alias(REASONS)).drop(_MORE)
