"""What was decided for roles, one JSON line a decision: the base of the proof that every statement is needed.

Each line names the role, the action, the resource and the condition keys that the service set, whether it was
allowed, every statement that allows it, and `alone`: the one statement without which it would be denied.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Decision:
    """One authorisation decision made for a role."""

    role: str
    action: str
    resource: str
    context: dict[str, object]
    allowed: bool
    statements: tuple[str, ...]  # `policy name/Sid`, or `policy name/index` where there is no Sid
    alone: str | None

    def line(self) -> str:
        """The decision as one line of JSON."""
        return json.dumps(asdict(self), sort_keys=True, default=str)


class Recorder:
    """Appends decisions to a file, each different one once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: set[str] = set()

    def add(self, decision: Decision) -> None:
        """Write it down, unless the same was written before."""
        line = decision.line()
        with self._lock:
            if line in self._seen:
                return
            self._seen.add(line)
            with self._path.open("a") as out:
                out.write(line + "\n")


_recorders: list[Recorder] = []


def record_to(path: Path) -> None:
    """From now on, write every decision to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _recorders.append(Recorder(path))


def add(decision: Decision) -> None:
    """Write it down where a file was named."""
    for recorder in _recorders:
        recorder.add(decision)


def wanted() -> bool:
    """Whether anybody asked for a record."""
    return bool(_recorders)
