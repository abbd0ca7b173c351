"""What became of the files that brought keys, and which keys their data files really hold: the truth behind
the hashes of an index."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.overwrite import Overwrite
from tidegate.lake import layout
from tidegate.lake.keyhash import as_keys
from tidegate.lake.versions import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidegate.contract.prepared import Prepared
    from tidegate.lake.entry import Entry
    from tidegate.lake.filelist import DataFile
    from tidegate.lake.ledger import Ledger

Json = dict[str, Any]


class Standing(Enum):
    """Whether the rows of a file are in its table."""

    THERE = "there"
    COMING = "coming"  # they will be, unless something goes wrong with the file
    NOT = "not"  # refused, ignored, or replaced since


@dataclass
class Origins:
    """The editions of files that brought keys to one dataset, as one file that is checked finds them."""

    s3: Any
    bucket: str
    ledger: Ledger
    dataset: Prepared
    _known: dict[str, Standing] = field(default_factory=dict)
    _lists: dict[str, dict[str, list[Json]]] = field(default_factory=dict)

    def standings(self, editions: Iterable[str]) -> dict[str, Standing]:
        """How the rows of each of these editions stand, asked once."""
        wanted = list(editions)
        asked = [one for one in wanted if one not in self._known]
        found = self.ledger.entries(map(layout.object_of, asked))
        entries = {entry.object_id: entry for entry in found}
        for one in asked:
            entry = entries.get(layout.object_of(one))
            # a ledger that lost it says nothing against its rows
            self._known[one] = Standing.THERE if entry is None else self._standing(entry, one)
        return {one: self._known[one] for one in wanted}

    def _standing(self, entry: Entry, edition: str) -> Standing:
        if not entry.is_in_table:
            return Standing.NOT if entry.state.is_terminal else Standing.COMING
        if self.dataset.overwrite is Overwrite.REPLACE:
            newer = place(self.s3, entry.bucket, entry.key, entry.object_id).newer
            if any(other.is_in_table for other in self.ledger.entries(newer)):
                return Standing.NOT
        return _of_edition(entry, edition)

    def forget(self) -> None:
        """Ask anew how files stand: since the first look one may have come back."""
        self._known.clear()
        self._lists.clear()

    def remember(self, edition: str, files: Iterable[DataFile]) -> None:
        """Keep for good in which data files the keys of an edition lie, with the bounds of their keys."""
        key, object_id = self.dataset.key, layout.object_of(edition)
        told = [
            {
                "uri": file.uri,
                "lower": {name: file.lower[name] for name in key if name in file.lower},
                "upper": {name: file.upper[name] for name in key if name in file.upper},
            }
            for file in files
        ]
        lists = {**self._of(object_id), edition: told}
        where = layout.keys_files_key(self.dataset.name, object_id)
        self.s3.put_object(Bucket=self.bucket, Key=where, Body=json.dumps(lists).encode())
        self._lists[object_id] = lists

    def _of(self, object_id: str) -> dict[str, list[Json]]:
        """The lists of data files of each edition of an object."""
        if object_id not in self._lists:
            where = layout.keys_files_key(self.dataset.name, object_id)
            try:
                body = self.s3.get_object(Bucket=self.bucket, Key=where)["Body"].read()
            except self.s3.exceptions.NoSuchKey:
                body = b"{}"
            self._lists[object_id] = json.loads(body)
        return self._lists[object_id]

    def held(self, edition: str, keys: pl.DataFrame) -> pl.DataFrame:
        """Those of some keys that an edition's data files hold; one whose bounds exclude them is not read."""
        found = [keys.clear()]
        for file in self._of(layout.object_of(edition)).get(edition, ()):
            some = keys.filter(_within(keys, file))
            if some.height:
                theirs = keys_of(self.s3, self.dataset, file["uri"])
                found.append(some.join(theirs, on=list(self.dataset.key), how="semi"))
        return pl.concat(found)


def _of_edition(entry: Entry, edition: str) -> Standing:
    """Of a file that is in the table: what was committed last is there, what is being made now may come."""
    made_by = layout.generation_of(edition)
    if made_by == entry.committed:
        return Standing.THERE
    comes = made_by == entry.generation and not entry.state.is_terminal
    return Standing.COMING if comes else Standing.NOT


def keys_of(s3: Any, dataset: Prepared, uri: str) -> pl.DataFrame:
    """The key columns of one data file."""
    bucket, key = layout.split_uri(uri)
    body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return as_keys(dataset.table, dataset.key, pl.read_parquet(io.BytesIO(body), columns=list(dataset.key)))


def _within(keys: pl.DataFrame, file: Json) -> pl.Expr:
    """Whether a key lies between the bounds of a data file, which are written as `datafiles` writes them."""
    return pl.all_horizontal(pl.lit(True), *_limits(keys, file))


def _limits(keys: pl.DataFrame, file: Json) -> Iterator[pl.Expr]:
    for name, bound in file["lower"].items():
        if name in keys.columns:
            yield pl.col(name).to_physical() >= bound
    for name, bound in file["upper"].items():
        if name in keys.columns:
            yield pl.col(name).to_physical() <= bound
