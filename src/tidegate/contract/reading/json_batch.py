"""Records of JSON as a batch: each parsed strictly, those that are no rows kept aside with their reason."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.batch import Batch, Numbers, Records
from tidegate.contract.reading.json_cells import cells_of
from tidegate.contract.reading.json_scan import openings_in, pairs_in
from tidegate.contract.reading.json_text import DEPTH, BrokenJson, Pairs, parse_json, scan
from tidegate.contract.source import FaultFound
from tidegate.contract.verdict import REASON, REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.compiled import Plan

Reason = tuple[str, str, str]
_KEYS = 10_000
BLANK = ("", "blank_line", "nothing stands on this line")


@dataclass(frozen=True)
class Stretch:
    """Records in a block of bytes: from where to where each, white space left out, and their places."""

    block: bytes
    starts: Numbers
    ends: Numbers
    row: Numbers
    line: Numbers
    offset: int  # of the block in the file

    def records(self, chosen: Numbers) -> Records:
        """The evidence of some of them."""
        starts, ends = self.starts[chosen], self.ends[chosen]
        raw = [self.block[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
        return Records(self.row[chosen], self.line[chosen], starts + self.offset, ends - starts, raw)


def values_of(stretch: Stretch) -> tuple[list[dict[str, object]], Numbers, dict[int, Reason]]:
    """The objects among the records, their indices, and for each other record, by index, why it is none.

    Raises:
        FaultFound: `too_deep` or `too_large`.
    """
    data = np.frombuffer(stretch.block, dtype=np.uint8)
    pairs = pairs_in(data, stretch.starts).tolist()
    deep = (openings_in(data, stretch.starts) > DEPTH).tolist()
    text = stretch.block.decode("ascii") if stretch.block.isascii() else None
    rows: list[dict[str, object]] = []
    found: list[int] = []
    broken: dict[int, Reason] = {}
    for index, (start, end) in enumerate(zip(stretch.starts.tolist(), stretch.ends.tolist(), strict=True)):
        value = (
            None if deep[index] else _quickly(stretch.block[start:end] if text is None else text[start:end])
        )
        if pairs[index] > _KEYS and not deep[index]:
            what = f"a row of it has more than {_KEYS:,} keys"
            raise FaultFound("too_large", what, "Send the contract's columns alone")
        if value is None or len(value) != pairs[index]:  # nested, a key twice, or no object at all
            try:
                value = _object(stretch.block[start:end])
            except BrokenJson as error:
                broken[index] = ("", error.check, error.said)
                continue
        rows.append(value)
        found.append(index)
    return rows, np.array(found, dtype=np.int64), broken


def _quickly(record: str | bytes) -> dict[str, object] | None:
    """What the record holds, where it is an object and nothing else; equal keys may hide in it."""
    try:
        text = record if isinstance(record, str) else record.decode()
        value, end = scan(text)
    except (ValueError, BrokenJson):
        return None
    return value if end == len(text) and type(value) is dict else None


def _object(record: bytes) -> dict[str, object]:
    try:
        value = parse_json(record)
    except BrokenJson as error:
        if error.check == "too_deep":
            raise FaultFound(
                error.check, error.said, "Send flat rows: one object, its values no lists"
            ) from error
        raise
    if not isinstance(value, Pairs):
        raise BrokenJson("object", "a row is a JSON object")
    return dict(value)


def batch_of(stretch: Stretch, plan: Plan, nulls: Sequence[str], arriving: Arriving) -> Batch:
    """The stretch's records as a batch.

    Raises:
        FaultFound: `too_deep`.
    """
    rows, found, broken = values_of(stretch)
    refused = np.array(sorted(broken), dtype=np.int64)
    frame, against = cells_of(rows, plan, nulls, arriving) if rows else (pl.DataFrame(), {})
    return Batch(
        row=stretch.row[found],
        cells=partial(_chosen, frame),
        records=_evidence(stretch, found),
        broken=stretch.records(refused),
        why=reasons_series([broken[index]] for index in refused.tolist()),
        against=reasons_series(against.get(index, []) for index in range(len(rows))) if against else None,
    )


def _chosen(frame: pl.DataFrame, chosen: Numbers | None = None, /) -> pl.DataFrame:
    return frame if chosen is None else frame[chosen]


def _evidence(stretch: Stretch, found: Numbers) -> Callable[[Numbers], Records]:
    return lambda chosen: stretch.records(found[chosen])


def reasons_series(lists: Iterable[list[Reason]]) -> pl.Series:
    """Lists of reasons as the engine takes them."""
    named = [[{"column": at, "check": check, "said": said} for at, check, said in one] for one in lists]
    return pl.Series(REASONS, named, dtype=pl.List(REASON))
