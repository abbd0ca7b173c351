"""Calls of a function whose processes are all at work wait a moment for one of them, as long as that helps.

Lambda starts an environment for each call that finds none free, and MiniStack a process. A start takes a
second of a core: a machine that is a little late starts more of them, which makes it later still.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

# processes of a function; some of them wait for something, and leave their core to the others
AT_ONCE = 2 * max(2, os.cpu_count() or 1)
PATIENCE_SECONDS = 3.0  # then one more is started: what all of them wait for may be this very call


def install() -> None:
    """Have calls wait for their turn before another process is started."""
    from ministack.services import lambda_svc

    acquire, release = lambda_svc.acquire_worker, lambda_svc.release_worker
    freed = threading.Condition()

    def acquire_in_turn(*function: Any, **named: Any) -> tuple[Any, str]:
        until = time.monotonic() + PATIENCE_SECONDS
        with freed:
            while (left := until - time.monotonic()) > 0:
                worker, how = acquire(*function, **{**named, "max_concurrency": AT_ONCE})
                if worker is not None:
                    return worker, str(how)
                freed.wait(left)
        last: tuple[Any, str] = acquire(*function, **named)
        return last

    def release_and_tell(worker: Any) -> None:
        release(worker)
        with freed:
            freed.notify_all()

    lambda_svc.acquire_worker, lambda_svc.release_worker = acquire_in_turn, release_and_tell
