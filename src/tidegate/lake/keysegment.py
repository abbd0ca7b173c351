"""A segment of a key index: sorted hashes of keys, and which files brought them, as one object.

The body is `rows` hashes of eight bytes, ascending; as many ordinals of four bytes, each the place of its
file in the list; the list of files as JSON. All little-endian. A segment is never changed.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tidegate.contract.batch import Numbers
    from tidegate.lake.keyhash import Hashes

Ordinals = npt.NDArray[np.uint32]
_AT_ONCE = 2 << 20  # keys merged at one time
_HASH, _ORDINAL = 8, 4


@dataclass(frozen=True)
class Segment:
    """A segment at hand: its arrays lie in scratch space, and are looked at where they lie."""

    hashes: Hashes
    ordinals: Ordinals
    files: tuple[str, ...]
    body: Any  # the scratch file; the arrays outlive its end

    def close(self) -> None:
        """Give the scratch file up, once its body was kept or will not be."""
        self.body.close()

    def find(self, needles: Hashes) -> tuple[Numbers, Ordinals]:
        """Each place of each needle: the needle's index, and the ordinal of the file that brought it."""
        order = np.argsort(needles)
        ordered = needles[order]
        at = np.searchsorted(self.hashes, ordered)
        left = np.arange(len(ordered))
        found, brought = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint32)]
        while len(left):
            inside = at < len(self.hashes)
            left, at = left[inside], at[inside]
            same = self.hashes[at] == ordered[left]
            left, at = left[same], at[same]
            found.append(order[left])
            brought.append(self.ordinals[at])
            at = at + 1  # the same hash may stand there again, from another file
        return np.concatenate(found), np.concatenate(brought)


def opened(body: Any, rows: int) -> Segment:
    """The segment whose body is this scratch file."""
    body.flush()
    size = body.seek(0, 2)
    body.seek(rows * (_HASH + _ORDINAL))
    files = tuple(json.loads(body.read(size)))
    hashes: Any = np.memmap(body, dtype="<u8", mode="r", shape=(rows,)) if rows else np.zeros(0, np.uint64)
    ordinals: Any = (
        np.memmap(body, dtype="<u4", mode="r", offset=rows * _HASH, shape=(rows,))
        if rows
        else np.zeros(0, np.uint32)
    )
    return Segment(hashes, ordinals, files, body)


def fetched(answer: Any, rows: int) -> Segment:
    """The segment that S3 streams, brought into scratch space."""
    body = tempfile.TemporaryFile(prefix="tidegate-keys-")  # noqa: SIM115 - kept as long as the segment
    shutil.copyfileobj(answer, body, 1 << 20)
    segment = opened(body, rows)
    segment.close()
    return segment


def made(parts: Iterable[Hashes], file: str) -> Segment:
    """The segment of one file's keys, whose ascending hashes come in ascending parts."""
    body = tempfile.TemporaryFile(prefix="tidegate-keys-")  # noqa: SIM115 - kept as long as the segment
    rows = sum(body.write(part.astype("<u8").tobytes()) for part in parts) // _HASH
    body.truncate(rows * (_HASH + _ORDINAL))  # the ordinals are all nought
    body.seek(0, 2)
    body.write(json.dumps([file]).encode())
    return opened(body, rows)


def merged(segments: Sequence[Segment]) -> Segment:
    """Several segments as one, a stretch of the hashes at a time."""
    files = sorted({file for segment in segments for file in segment.files})
    number_of = {file: number for number, file in enumerate(files)}
    numbers = [np.array([number_of[file] for file in segment.files], dtype=np.uint32) for segment in segments]
    rows = sum(len(segment.hashes) for segment in segments)
    body = tempfile.TemporaryFile(prefix="tidegate-keys-")  # noqa: SIM115 - kept as long as the segment
    done = 0
    for stretch in _stretches(segments, rows):
        hashes = np.concatenate(
            [segment.hashes[start:end] for segment, (start, end) in zip(segments, stretch, strict=True)]
        )
        brought = [
            number[segment.ordinals[start:end]]
            for segment, number, (start, end) in zip(segments, numbers, stretch, strict=True)
        ]
        order = np.argsort(hashes, kind="stable")
        body.seek(done * _HASH)
        body.write(hashes[order].tobytes())
        body.seek(rows * _HASH + done * _ORDINAL)
        body.write(np.concatenate(brought)[order].tobytes())
        done += len(hashes)
    body.seek(rows * (_HASH + _ORDINAL))
    body.write(json.dumps(files).encode())
    return opened(body, rows)


def _stretches(segments: Sequence[Segment], rows: int) -> Iterator[list[tuple[int, int]]]:
    """From where to where each segment takes part in each stretch."""
    steps = -(-rows // _AT_ONCE)
    edges = [(number << 64) // max(steps, 1) for number in range(1, steps)]
    starts = [0] * len(segments)
    for edge in [*edges, None]:
        ends = [
            len(segment.hashes) if edge is None else int(np.searchsorted(segment.hashes, np.uint64(edge)))
            for segment in segments
        ]
        yield list(zip(starts, ends, strict=True))
        starts = ends
