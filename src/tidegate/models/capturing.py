"""Keep what was predicted, off the answer's path: lines gather in memory, a thread writes them as files.

No failure reaches an answer. A file that could not be written is tried again under the same name; what waits
is bounded, and what finds no room is lost and counted.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tidegate.errors import Transient
from tidegate.models.captures import capture_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Put = Callable[[str, bytes], None]  # raises Transient when it may work later

log = logging.getLogger(__name__)

LATEST_SECONDS = 5.0  # a row waits so long for its file, at most
LARGEST_FILE = 8_000_000
MOST_WAITING = 64_000_000  # bytes of lines: some minutes without S3 under load


@dataclass
class _File:
    """Lines of one hour that become one file."""

    key: str
    until: datetime  # where its hour ends
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    lines: int = 0


@dataclass
class Tally:
    """What became of rows that were to be captured."""

    written: int = 0
    lost: int = 0
    failures: int = 0  # writes that failed, each tried again


class Capturing:
    """Takes lines from any thread; a thread of its own writes them."""

    def __init__(
        self,
        put: Put,
        model: str,
        version: int,
        *,
        latest_seconds: float = LATEST_SECONDS,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._put, self._model, self._version = put, model, version
        self._latest_seconds, self._most_waiting = latest_seconds, most_waiting
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._files: deque[_File] = deque()
        self._open: _File | None = None
        self._waiting = 0
        self._tally = Tally()
        self._ask: Callable[[], None] = lambda: None
        self._due, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="captures", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def ask_first(self, ask: Callable[[], None]) -> None:
        """Before it writes, it calls `ask`, which hands over what was held back until then."""
        self._ask = ask

    def keep(self, lines: bytes, count: int, at: datetime) -> None:
        """Take so many lines of answers, given in the same hour as that moment in UTC."""
        with self._lock:
            if self._waiting + len(lines) > self._most_waiting:
                self._tally.lost += count
                return
            file = self._file_for(at)
            file.parts.append(lines)
            file.size += len(lines)
            file.lines += count
            self._waiting += len(lines)
        if file.size >= LARGEST_FILE:
            self._due.set()

    def flush(self) -> bool:
        """Write all that was taken before, oldest first; False when the rest must wait."""
        with self._writing:
            self._ask()
            with self._lock:
                self._open = None  # what comes now begins another file
                closed = len(self._files)
            return all(self._write_oldest() for _ in range(closed))

    def close(self, patience_seconds: float = 20.0) -> None:
        """Write what is left, and take no more; what cannot be written now is lost."""
        self._ended.set()
        self._due.set()
        self._thread.join(patience_seconds)
        self._ask()
        with self._lock:
            left = sum(file.lines for file in self._files)
            self._tally.lost += left
        if left:
            log.warning("%d captured rows are lost: they could not be written before the end", left)

    def tallied(self) -> Tally:
        """What became of rows since this was last asked."""
        with self._lock:
            tally, self._tally = self._tally, Tally()
        return tally

    def _file_for(self, at: datetime) -> _File:
        file = self._open
        if file is None or at >= file.until or file.size >= LARGEST_FILE:
            until = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            file = self._open = _File(capture_key(self._model, at, self._version, uuid4().hex), until)
            self._files.append(file)
        return file

    def _write_oldest(self) -> bool:
        file = self._files[0]
        try:
            self._put(file.key, b"".join(file.parts))
        except Transient as error:
            log.warning("captures wait: %s", error)
            with self._lock:
                self._tally.failures += 1
            return False
        with self._lock:
            self._files.popleft()
            self._waiting -= file.size
            self._tally.written += file.lines
        return True

    def _run(self) -> None:
        while not self._ended.is_set():
            self._due.wait(self._latest_seconds)
            self._due.clear()
            self.flush()
        self.flush()


def to_bucket(s3: Any, bucket: str) -> Put:
    """Puts files into a bucket."""
    from botocore.exceptions import BotoCoreError, ClientError

    def put(key: str, body: bytes) -> None:
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-ndjson")
        except (BotoCoreError, ClientError) as error:
            raise Transient(
                f"s3://{bucket}/{key}", f"it cannot be written: {error}", "It is tried again"
            ) from error

    return put
