"""The key index of a dataset: which files brought which keys, beside its table, and the order among files.

The head, one small object, names the segments that count, and is only ever replaced by whoever has read it
last (a conditional put). A file reserves its keys by naming its segment there, before the ledger says that it
waits: of two files that bring a key, one finds the other's segment in the head, and is judged again. So the
reservations of a table come one after the other, and publishing has nothing to decide.
"""

from __future__ import annotations

import hashlib
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.errors import CommitConflict
from tidegate.lake import layout
from tidegate.lake.keysegment import Segment, fetched, merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_TRIES = 60
_PAUSE = 0.3
_FAN = 8  # so many segments of about one size become one
_LOST = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_ABSENT = {"NoSuchKey", "404"}


@dataclass(frozen=True, order=True)
class Named:
    """A segment as the head names it."""

    name: str
    rows: int


@dataclass(frozen=True)
class Head:
    """What counts at one moment."""

    segments: tuple[Named, ...]
    etag: str


@dataclass
class KeyIndex:
    """The key index of one dataset, and the segments of it that this process has at hand."""

    s3: Any
    bucket: str
    dataset: str
    sleep: Callable[[float], None] = time.sleep
    _at_hand: dict[Named, Segment] = field(default_factory=dict)

    def head(self) -> Head | None:
        """What counts now; nothing where no index was made yet."""
        try:
            answer = self.s3.get_object(Bucket=self.bucket, Key=layout.keys_head_key(self.dataset))
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return None
            raise
        told = json.loads(answer["Body"].read())
        return Head(tuple(Named(**one) for one in told["segments"]), answer["ETag"])

    def segments(self, head: Head) -> list[Segment]:
        """The segments of a head; those that no longer count are let go."""
        for gone in self._at_hand.keys() - set(head.segments):
            self._at_hand.pop(gone, None)
        return [self.segment(named) for named in head.segments]

    def segment(self, named: Named) -> Segment:
        """One segment, brought here once a process."""
        if named not in self._at_hand:
            answer = self.s3.get_object(Bucket=self.bucket, Key=named.name)
            self._at_hand[named] = fetched(answer["Body"], named.rows)
        return self._at_hand[named]

    def keep(self, segment: Segment) -> Named:
        """Write a segment under the name of its content, and close it; it counts once a head names it."""
        digest = hashlib.sha256()
        segment.body.seek(0)
        while piece := segment.body.read(1 << 20):
            digest.update(piece)
        named = Named(layout.keys_segment_key(self.dataset, digest.hexdigest()[:32]), len(segment.hashes))
        segment.body.seek(0)
        self.s3.put_object(Bucket=self.bucket, Key=named.name, Body=segment.body)
        segment.close()
        return named

    def create(self, segments: Iterable[Named]) -> None:
        """Make the first head, unless somebody else did."""
        self._put(segments, {"IfNoneMatch": "*"})

    def reserve(self, named: Named, meets: Callable[[Named], bool]) -> bool:
        """Let a segment count, unless it meets one that was not looked at; false if it does.

        Raises:
            CommitConflict: others were first again and again.
        """
        for _ in range(_TRIES):
            head = self.head()
            if head is None:
                break
            if named in head.segments:
                return True
            if any(meets(other) for other in head.segments):
                return False
            if self._put([*head.segments, named], {"IfMatch": head.etag}):
                return True
            self.sleep(random.uniform(0, _PAUSE))  # noqa: S311 - it only parts the writers
        raise CommitConflict(
            f"keys of {self.dataset}", "their index was changed by others again and again", "Try again"
        )

    def tidy(self) -> None:
        """Make one of many segments of about the same size; if somebody changed the head, another time."""
        head = self.head()
        crowd = _crowd(head.segments) if head else ()
        if head and crowd:
            whole = self.keep(merged([self.segment(named) for named in crowd]))
            rest = [named for named in head.segments if named not in crowd]
            self._put([*rest, whole], {"IfMatch": head.etag})

    def _put(self, segments: Iterable[Named], only: dict[str, str]) -> bool:
        body = json.dumps({"segments": [vars(named) for named in segments]}).encode()
        key = layout.keys_head_key(self.dataset)
        try:
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json", **only)
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST:
                return False
            raise
        return True


def _crowd(segments: Sequence[Named]) -> tuple[Named, ...]:
    levels = defaultdict(list)
    for named in sorted(segments):
        levels[max(named.rows, 1).bit_length() // 3].append(named)  # each level is eight times the one below
    return next((tuple(some) for _, some in sorted(levels.items()) if len(some) >= _FAN), ())
