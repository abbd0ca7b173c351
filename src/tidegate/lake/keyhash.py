"""64-bit hashes of keys: the same on every machine and with every version of a library, for they are kept.

A hash only says where to look: what two keys are is decided on the keys themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from tidegate.lake.datafiles import polars_type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.plan import TableSpec

Hashes = npt.NDArray[np.uint64]
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # splitmix64's
_WORD = 8
_FILL = pl.Series(["\0" * missing for missing in range(_WORD)])
_AT_ONCE = 1 << 16  # texts whose words stay in the processor's cache


def as_keys(spec: TableSpec, key: Sequence[str], rows: pl.DataFrame) -> pl.DataFrame:
    """The key columns with the table's types: equal here is equal there."""
    kinds = {field.name: polars_type(field.type) for field in spec.fields}
    return rows.select(pl.col(name).cast(kinds[name]) for name in key)


def hashes(keys: pl.DataFrame) -> Hashes:
    """One hash for each row of keys, none of which is null."""
    total = np.full(keys.height, len(keys.columns), dtype=np.uint64)
    for column in keys:
        total = _mixed(total * _STEP + _of(column))
    return total


def _of(column: pl.Series) -> Hashes:
    kind = column.dtype
    if kind.is_float():
        return (column.cast(pl.Float64).to_numpy() + 0.0).view(np.uint64)  # -0.0 equals 0.0
    if kind == pl.String or kind.is_decimal():
        return _of_text(column.cast(pl.String))
    return column.to_physical().cast(pl.Int64).to_numpy().view(np.uint64)


def _of_text(column: pl.Series) -> Hashes:
    """A polynomial over the words of eight bytes of each text, the last one filled up."""
    parts = [_of_words(column.slice(at, _AT_ONCE)) for at in range(0, len(column), _AT_ONCE)]
    return np.concatenate([np.zeros(0, dtype=np.uint64), *parts])


def _of_words(column: pl.Series) -> Hashes:
    length = column.str.len_bytes().to_numpy().astype(np.int64)
    filled = column + _FILL[-length % _WORD]
    words = _mixed(np.frombuffer("".join(filled.to_list()).encode(), dtype="<u8").astype(np.uint64))
    count = -(-length // _WORD)
    ends = np.cumsum(count)
    starts = ends - count
    place = np.arange(len(words), dtype=np.int64) - np.repeat(starts, count)
    powers = np.cumprod(np.full(int(count.max(initial=0)) + 1, _STEP))
    sums = np.zeros(len(words) + 1, dtype=np.uint64)
    np.cumsum(words * powers[place], out=sums[1:])
    return _mixed(sums[ends] - sums[starts] + length.astype(np.uint64))


def _mixed(value: Hashes) -> Hashes:
    value = (value ^ (value >> np.uint64(30))) * _MIX[0]
    value = (value ^ (value >> np.uint64(27))) * _MIX[1]
    mixed: Hashes = value ^ (value >> np.uint64(31))
    return mixed
