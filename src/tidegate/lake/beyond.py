"""What rows are held against beyond their file: rows that they refer to, keys that other files brought.

Asked while the file is read, of rows that are good so far. A reference is looked up by the hash of what it
names. A key whose hash another file brought is a candidate; once all was read, candidates are compared with
the keys that the other file's data files hold. When nothing else is wrong, the file reserves its keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from tidegate.contract.severity import ACROSS_FILES, joined
from tidegate.contract.source import FaultFound
from tidegate.contract.verdict import REASON, ROW
from tidegate.errors import CommitConflict
from tidegate.lake import filelist, layout
from tidegate.lake.gathered import Gathered
from tidegate.lake.keybuild import present
from tidegate.lake.keyhash import as_keys, hashes
from tidegate.lake.keyorigins import Standing
from tidegate.lake.keysegment import made
from tidegate.lake.numbers import RowSet

if TYPE_CHECKING:
    import numpy.typing as npt

    from tidegate.contract.batch import Numbers
    from tidegate.contract.personal import Disguise
    from tidegate.lake.keyhash import Hashes
    from tidegate.lake.keyindex import KeyIndex, Named
    from tidegate.lake.keyorigins import Origins
    from tidegate.lake.keysegment import Segment
    from tidegate.lake.referring import Lookup

_FILE = "_file"
_NO_REASON = pl.Series([[]], dtype=pl.List(REASON))
MOST_CANDIDATES = 1_000_000
_AT_ONCE = 1 << 20  # keys looked up at one time


@dataclass
class Keys:
    """The keys of one file of a dataset that keeps an index of them."""

    index: KeyIndex
    origins: Origins
    own: frozenset[str]  # this object, and those whose rows leave the table when it is published
    unique: bool  # whether another file may not have brought a key of this one
    seen: set[Named] = field(default_factory=set)
    gathered: Gathered = field(default_factory=Gathered)
    gone: RowSet = field(default_factory=RowSet)
    candidates: list[pl.DataFrame] = field(default_factory=list)
    _waiting: int = 0

    def see(self, keys: pl.DataFrame, row: Numbers) -> None:
        """Look at the keys of some rows.

        Raises:
            FaultFound: so many of them come from other files that nobody can mean it.
        """
        made_of = hashes(keys)
        self.gathered.add(made_of, row)
        if not self.unique:
            return
        for segment in self._segments:
            at, files = self._met(segment, made_of)
            if len(at):
                told = pl.Series(_FILE, [segment.files[number] for number in files.tolist()], dtype=pl.String)
                self.candidates.append(keys[at].with_columns(pl.Series(ROW, row[at]), told))
                self._waiting += len(at)
        if self._waiting > MOST_CANDIDATES:
            what = (
                f"more than {MOST_CANDIDATES:,} rows have a {joined(self.origins.dataset.key)} of other files"
            )
            raise FaultFound("too_many_bad_rows", what, "Send each row once")

    @cached_property
    def _segments(self) -> list[Segment]:
        head = present(self.index, self.origins)
        self.seen = set(head.segments)
        return self.index.segments(head)

    def _met(self, segment: Segment, needles: Hashes) -> tuple[Numbers, npt.NDArray[np.uint32]]:
        """Which needles another file brought whose rows are in the table, or will be."""
        at, files = segment.find(needles)
        if not len(at):
            return at, files
        brought = np.unique(files)
        names = [segment.files[number] for number in brought.tolist()]
        stands = self.origins.standings(name for name in names if layout.object_of(name) not in self.own)
        count = [stands.get(name, Standing.NOT) is not Standing.NOT for name in names]
        keep = np.isin(files, brought[np.array(count)])
        return at[keep], files[keep]

    def settle(self, gone: Numbers) -> Numbers:
        """Once all was read: which rows, beside those that are gone, have a key of another file."""
        self.gone.add(np.sort(gone))
        if not self.candidates:
            return np.zeros(0, dtype=np.int64)
        every = pl.concat(self.candidates)
        every = every.filter(pl.Series(~self.gone.has(every[ROW].to_numpy())))
        held = [
            self.origins.held(str(name), keys.drop(_FILE))
            for (name,), keys in every.group_by(_FILE, maintain_order=True)
        ]
        rows = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(found[ROW] for found in held)]))
        self.gone.add(rows)
        return rows

    def reserve(self, edition: str) -> None:
        """Let the keys of the good rows count.

        Raises:
            CommitConflict: another file brought one of them meanwhile; this one must be judged again.
        """
        present(self.index, self.origins)
        origins = self.origins
        origins.forget()
        files = filelist.load(origins.s3, origins.bucket, origins.dataset.name, edition)
        origins.remember(edition, files)
        own = made(self.gathered.ordered(self.gone), edition)
        if not self.index.reserve(self.index.keep(own), partial(self._meets, own)):
            raise CommitConflict(
                f"keys of {self.index.dataset}",
                "another file brought one of them meanwhile",
                "Judge it again",
            )
        self.index.tidy()

    def _meets(self, own: Segment, named: Named) -> bool:
        if not self.unique or named in self.seen:
            return False
        self.seen.add(named)
        other = self.index.segment(named)
        starts = range(0, len(own.hashes), _AT_ONCE)
        return any(len(self._met(other, own.hashes[at : at + _AT_ONCE])[0]) for at in starts)


@dataclass
class Beyond:
    """Everything beyond one file that its rows are held against (`tidegate.contract.outside`)."""

    lookups: tuple[Lookup, ...]
    keys: Keys | None
    disguise: Disguise

    def reasons(self, rows: pl.DataFrame, row: Numbers) -> pl.Series:
        """For each typed row why it is bad: it refers to a row that is not published."""
        found = _NO_REASON.new_from_index(0, rows.height)
        for lookup in self.lookups:
            found = lookup.judged(rows, found)
        if self.keys is not None and rows.height:
            dataset = self.keys.origins.dataset
            named = self.disguise.names(rows.select(dataset.key))
            self.keys.see(as_keys(dataset.table, dataset.key, named), row)
        return found

    def met(self, rows: pl.DataFrame, row: Numbers) -> Numbers:
        """Which of some rows, by their number, have a key that another file may have brought."""
        known = [] if self.keys is None else self.keys.candidates
        before = len(known)
        self.reasons(rows, row)
        none = np.zeros(0, dtype=np.int64)
        return np.unique(np.concatenate([none, *(found[ROW].to_numpy() for found in known[before:])]))

    def settle(self, gone: Numbers) -> tuple[Numbers, dict[str, str]]:
        """Which rows are bad besides those that are gone: another file brought their key."""
        if self.keys is None:
            return np.zeros(0, dtype=np.int64), {}
        return self.keys.settle(gone), across_files(self.keys.origins.dataset.key)

    def reserve(self, edition: str) -> None:
        """Once nothing is wrong with the file, and its data files are listed: let its keys count.

        Raises:
            CommitConflict: another file brought one of them meanwhile; this one must be judged again.
        """
        if self.keys is not None:
            self.keys.reserve(edition)

    def __enter__(self) -> Self:
        """Look beyond a file, as long as it is checked."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the scratch space back."""
        if self.keys is not None:
            self.keys.gathered.close()


def across_files(key: tuple[str, ...]) -> dict[str, str]:
    """Why a row is bad whose key another file brought."""
    names = joined(key)
    said = f"a row of another file has the same {names}"
    return {"column": names, "check": ACROSS_FILES, "said": said}
