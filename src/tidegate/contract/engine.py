"""Check a file against its contract: bytes in, verdict out.

The file passes once, in chunks of a few megabytes: unpacked, its structure checked, its cells parsed and
judged by the compiled plan. Good rows gather typed; of the others only their places are kept. At the end the
keys are compared over the whole file, and the bad rows are read again from a spooled copy, to say all that
is wrong with each.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, BinaryIO

import numpy as np
import polars as pl

from tidegate.contract.compile import OK, Plan, plan_of
from tidegate.contract.reasons import reasons, structure_reasons
from tidegate.contract.requests import check_rows
from tidegate.contract.source import FaultFound, Limits, unpacked
from tidegate.contract.structure import Chunk, Places, chunks
from tidegate.contract.texts import read_text
from tidegate.contract.uniqueness import repeated
from tidegate.contract.verdict import BAD_SCHEMA, LINE, RAW, REASONS, ROW, FileFault, Verdict
from tidegate.contract.version import contract_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.declare import Dataset

__all__ = ["check", "check_rows"]

_SPOOL = 64 << 20
_AT_ONCE = 20_000
_NEXT = "Read the rules it breaks most; mend the sender or the contract"


def check(source: BinaryIO, dataset: Dataset, *, name: str, limits: Limits | None = None) -> Verdict:
    """Check one file.

    Args:
        source: its bytes, packed or not; only `read(n)` is called.
        dataset: its contract.
        name: its key, of which the ending tells gzip.
        limits: how much is read before the file is refused.

    Raises:
        ContractMistake: the contract cannot be run.
    """
    limits = limits or Limits()
    plan = plan_of(dataset)
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL) as copy:
        reading = _Reading(plan, dataset.reads.delimiter, copy, limits)
        fault: FileFault | None = None
        try:
            reading.read(unpacked(source, name, limits))
        except FaultFound as found:
            fault = found.fault
        good, bad = reading.settled()
    fault = fault or _fault_of_rows(good.height, bad.height, limits)
    return Verdict(
        dataset=dataset.name,
        contract_version=contract_version(dataset),
        total_rows=good.height + bad.height,
        good=good.clear() if fault else good,
        bad=bad,
        fault=fault,
    )


def _fault_of_rows(good: int, bad: int, limits: Limits) -> FileFault | None:
    if not good and not bad:
        return FileFault(
            code="header_only", what="a header, and no row", next_step="Send the file with its rows"
        )
    if not good:
        code, what = "no_good_rows", f"not one of {bad} rows keeps the contract"
    elif bad >= limits.bad_rows and bad > limits.bad_share * (good + bad):
        code, what = "too_many_bad_rows", f"{bad} of {good + bad} rows break the contract"
    else:
        return None
    return FileFault(code=code, what=what, next_step=_NEXT)


@dataclass
class _Reading:
    """One file on its way: what is known of it so far."""

    plan: Plan
    delimiter: str
    copy: IO[bytes]
    limits: Limits
    good: list[pl.DataFrame] = field(default_factory=list)
    suspects: list[tuple[pl.DataFrame, Places]] = field(default_factory=list)  # keys and places of bad rows
    sound: list[Places] = field(default_factory=list)  # places of the good rows
    broken: list[Chunk] = field(default_factory=list)

    def read(self, pieces: Iterator[bytes]) -> None:
        """Judge the whole file, chunk by chunk."""
        for chunk in chunks(self._copied(pieces), self.plan.columns, self.delimiter, self.limits):
            if len(chunk.sound.row):
                self._judge(chunk)
            if len(chunk.broken.row):
                self.broken.append(chunk)
            self._stop_if_hopeless()

    def _stop_if_hopeless(self) -> None:
        """Give a file up while it is read, once so much of it is bad that reasons would fill the memory."""
        bad = sum(len(chunk.broken.row) for chunk in self.broken)
        bad += sum(len(places.row) for _, places in self.suspects)
        total = bad + sum(frame.height for frame in self.good)
        if bad >= self.limits.hopeless_rows and bad > self.limits.bad_share * total:
            what = f"{bad:,} of the first {total:,} rows break the contract, and the rest was not read"
            raise FaultFound("too_many_bad_rows", what, _NEXT)

    def _copied(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.copy.write(piece)
            yield piece

    def _judge(self, chunk: Chunk) -> None:
        text = read_text(chunk.text, self.plan, self.delimiter)
        judged = self.plan.judged(text)
        keeps = judged[OK].to_numpy()
        keys = list(dict.fromkeys(name for group in self.plan.unique for name in group))
        if not keeps.all():
            self.suspects.append((judged.filter(~judged[OK]).select(keys), chunk.sound.of(~keeps)))
        self.good.append(judged.filter(judged[OK]).select(self.plan.columns))
        self.sound.append(chunk.sound.of(keeps))

    def settled(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The good rows, and the bad ones with their reasons, once the whole file is known."""
        good = pl.concat(self.good) if self.good else pl.DataFrame(schema=self.plan.types)
        keys = (
            pl.concat(
                [good.select(suspects.columns) for suspects, _ in self.suspects[:1]]
                + [suspects for suspects, _ in self.suspects]
            )
            if self.suspects
            else good
        )
        groups = {group: repeated(keys, group) for group in self.plan.unique}
        copies = np.zeros(keys.height, dtype=bool)
        for mask in groups.values():
            copies |= mask.to_numpy()
        places = _joined([*self.sound, *(places for _, places in self.suspects)])
        bad = copies.copy()
        bad[good.height :] = True
        chosen = np.flatnonzero(bad)
        masks = {group: mask.gather(chosen) for group, mask in groups.items()}
        frames = [self._explained(places.of(chosen), masks), *map(self._told, self.broken)]
        once = ~copies[: good.height]
        return good if once.all() else good.filter(pl.Series(once)), pl.concat(frames).sort(ROW)

    def _explained(self, places: Places, masks: dict[tuple[str, ...], pl.Series]) -> pl.DataFrame:
        frames = [pl.DataFrame(schema=BAD_SCHEMA)]
        for start in range(0, len(places.row), _AT_ONCE):
            some = np.arange(start, min(start + _AT_ONCE, len(places.row)))
            part = places.of(some)
            raw = self._raw(part)
            text = read_text(b"".join(line + b"\n" for line in raw), self.plan, self.delimiter)
            why = reasons(
                self.plan, self.plan.judged(text), {g: mask.gather(some) for g, mask in masks.items()}
            )
            frames.append(_bad_rows(part, raw, why))
        return pl.concat(frames)

    def _told(self, chunk: Chunk) -> pl.DataFrame:
        why = structure_reasons(chunk.problems, chunk.fields, len(self.plan.columns))
        return _bad_rows(chunk.broken, self._raw(chunk.broken), why)

    def _raw(self, places: Places) -> list[bytes]:
        raw = []
        for offset, length in zip(places.offset.tolist(), places.length.tolist(), strict=True):
            self.copy.seek(offset)
            raw.append(self.copy.read(length))
        return raw


def _joined(places: list[Places]) -> Places:
    if not places:
        nothing = np.zeros(0, dtype=np.int64)
        return Places(nothing, nothing, nothing, nothing)
    return Places(
        *(np.concatenate([getattr(part, name) for part in places]) for name in Places.__annotations__)
    )


def _bad_rows(places: Places, raw: list[bytes], why: pl.Series) -> pl.DataFrame:
    text = [line.decode(errors="backslashreplace") for line in raw]
    columns = {ROW: places.row, LINE: places.line, RAW: text, REASONS: why}
    return pl.DataFrame(columns, schema=BAD_SCHEMA)
