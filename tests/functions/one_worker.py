"""A worker of `validate` in a process of its own, as Lambda keeps one: an event in, out what it took."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from functions import validate
from tests.functions.world import Context, messages, rooms


def most_memory() -> int:
    """The most memory that this program held, in megabytes; what it was forked from does not count."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20  # macOS counts bytes
    held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(held.split()[1]) >> 10


def main() -> None:
    """Handle each event, and say what that took of time and memory, and what is left in scratch space."""
    with rooms():
        for line in sys.stdin:
            began = time.process_time()
            answer = validate.handler(messages(json.loads(line)), Context(300))
            took = {
                "answer": answer,
                "seconds": time.process_time() - began,
                "megabytes": most_memory(),
                "scratch": sorted(str(path) for path in Path(tempfile.gettempdir()).rglob("*")),
            }
            print(f"took {json.dumps(took)}", flush=True)


if __name__ == "__main__":
    main()
