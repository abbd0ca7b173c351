"""One of our functions, called through its own entry point with a real event: `ours.py validate EVENT`."""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from pathlib import Path

ROOMS = Path(__file__).with_name("rooms")


class Context:
    """What Lambda tells a handler of its own call."""

    function_name = "benchmark"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:benchmark"
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        """As at the start of the longest call that Lambda allows."""
        return 900_000


def main(verb: str, event: str) -> None:
    """Call the function, and say how much of the time its imports took."""
    import schemas

    schemas.__path__ = [str(ROOMS / "schemas")]
    handler = importlib.import_module(f"functions.{verb}").handler
    imported = _cpu()
    answer = handler(json.loads(Path(event).read_text()), Context())
    assert answer == {"batchItemFailures": []}, answer
    sys.stdout.write(f"\n{json.dumps({'import': imported, 'wall': time.perf_counter()})}\n")


def _cpu() -> float:
    return sum(os.times()[:2])


if __name__ == "__main__":
    main(*sys.argv[1:])
