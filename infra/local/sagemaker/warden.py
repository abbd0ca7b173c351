"""Runs one command in a process group of its own and ends the whole group when whoever asked for it is gone.

Its standard input is a pipe which the asker keeps open while it lives: end of file means that it has died.
A byte on it asks the command to end (SIGTERM). It imports the standard library alone, to start quickly.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading


def _obey(group: int) -> None:
    while os.read(0, 1):
        _signal(group, signal.SIGTERM)
    _signal(group, signal.SIGKILL)
    os._exit(137)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)


def _main(command: list[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
    threading.Thread(target=_obey, args=(child.pid,), daemon=True).start()
    code = child.wait()
    _signal(child.pid, signal.SIGKILL)  # what the command left behind
    return code if code >= 0 else 128 - code


sys.exit(_main(sys.argv[1:]))
