"""Make the key index of a table that has none yet, from the data files that its rows lie in.

A new dataset has none of these. A rule that is switched on for a table with rows finds them here, so that it
never passes in silence over what was published before.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Transient
from tidegate.lake import layout
from tidegate.lake.filelist import DataFile
from tidegate.lake.keyhash import hashes
from tidegate.lake.keyorigins import Standing, keys_of
from tidegate.lake.keysegment import made, merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.lake.keyindex import Head, KeyIndex, Named
    from tidegate.lake.keyorigins import Origins
    from tidegate.lake.keysegment import Segment


_TOGETHER = 200  # files of one segment, and about so many keys
_KEYS = 4 << 20


def present(index: KeyIndex, origins: Origins) -> Head:
    """What counts now, of an index that is made where there is none."""
    head = index.head()
    if head is None:
        _build(index, origins)
        head = index.head()
    if head is None:
        raise Transient(f"keys of {index.dataset}", "the index that was made is gone", "It is made again")
    return head


def _build(index: KeyIndex, origins: Origins) -> None:
    """Make it, unless somebody else is faster."""
    named: list[Named] = []
    waiting: list[Segment] = []
    for edition, uris in _editions(index, origins):
        waiting.append(_segment(index, origins, edition, uris))
        if len(waiting) == _TOGETHER or sum(len(segment.hashes) for segment in waiting) >= _KEYS:
            named.append(_kept(index, waiting))
            waiting = []
    index.create([*named, _kept(index, waiting)] if waiting else named)


def _kept(index: KeyIndex, some: list[Segment]) -> Named:
    named = index.keep(merged(some))
    for segment in some:
        segment.close()
    return named


def _editions(index: KeyIndex, origins: Origins) -> Iterator[tuple[str, list[str]]]:
    """The editions that have rows in the table, or will, each with its data files."""
    found = defaultdict(list)
    for uri in _listed(index.s3, index.bucket, index.dataset):
        found[layout.edition_of(uri)].append(uri)
    for edition, uris in found.items():
        origins.remember(edition, [_unbounded(uri) for uri in uris])
    standings = origins.standings(found)
    for edition, uris in found.items():
        if standings[edition] is not Standing.NOT:
            yield edition, uris


def _unbounded(uri: str) -> DataFile:
    return DataFile(uri=uri, rows=0, bytes=0, partition=None, nulls={}, lower={}, upper={})


def _listed(s3: Any, bucket: str, dataset: str) -> Iterator[str]:
    prefix = f"{layout.table_prefix(dataset)}/data/"
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (layout.uri(bucket, one["Key"]) for one in page.get("Contents", ()))


def _segment(index: KeyIndex, origins: Origins, edition: str, uris: list[str]) -> Segment:
    every = np.concatenate([hashes(keys_of(index.s3, origins.dataset, uri)) for uri in uris])
    every.sort()
    return made([every], edition)
