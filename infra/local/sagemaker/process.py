"""One container as a process: started under its warden, its output kept and sent on, ended with its group."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.sagemaker import isolation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HERE = Path(__file__).resolve().parent
KEPT = ("HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
GRACE_SECONDS = 5.0
LAST_BYTES = 4_000


class Process:
    """A running container. `base`/ml is its /opt/ml."""

    def __init__(
        self,
        base: Path,
        command: list[str],
        environment: Mapping[str, str],
        keep: Callable[[str], None],
        *,
        network: bool = True,
    ) -> None:
        self.base = base
        self.log = base / "log.txt"
        self._popen = subprocess.Popen(
            [
                sys.executable,
                "-I",
                "-S",
                str(HERE / "warden.py"),
                *isolation.contained(base, command, network=network),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**_surroundings(base), **environment},
            cwd=isolation.CHECKOUT,
            start_new_session=True,
        )
        if not network and not isolation.namespaces():
            keep(f"[tidegate] {isolation.isolation()}")
        self._reader = threading.Thread(target=self._read, args=(keep,), daemon=True)
        self._reader.start()

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code, or None when the time ran out; all output is read by then."""
        try:
            code = self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join(GRACE_SECONDS)
        return code

    def running(self) -> bool:
        """Whether it has not ended."""
        return self._popen.poll() is None

    def ask_to_end(self) -> None:
        """Send SIGTERM to the command and all it started."""
        try:
            os.write(self._pipe(), b"t")
        except BrokenPipeError:
            return

    def end(self, grace_seconds: float = GRACE_SECONDS) -> None:
        """Ask it to end, then make it."""
        if self.running() and grace_seconds:
            self.ask_to_end()
            self.wait(grace_seconds)
        if self._popen.stdin:
            self._popen.stdin.close()  # the warden takes this for our death, and kills
        self.wait(GRACE_SECONDS)

    def last_words(self) -> str:
        """The end of what it wrote."""
        if not self.log.exists():
            return ""
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
            return file.read().decode(errors="replace").strip()

    def _pipe(self) -> int:
        assert self._popen.stdin is not None
        return self._popen.stdin.fileno()

    def _read(self, keep: Callable[[str], None]) -> None:
        assert self._popen.stdout is not None
        with self.log.open("ab", buffering=0) as log:
            for line in self._popen.stdout:
                log.write(line)
                keep(line.decode(errors="replace").rstrip())


def _surroundings(base: Path) -> dict[str, str]:
    """What an image would bring: its interpreter, this repository, and where /opt/ml is instead."""
    root = isolation.CHECKOUT
    said = {name: os.environ[name] for name in KEPT if name in os.environ}
    said["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    said["PYTHONPATH"] = os.pathsep.join((str(root), str(root / "src")))
    said |= {"PYTHONUNBUFFERED": "1", "AWS_EC2_METADATA_DISABLED": "true"}
    if not isolation.namespaces():
        said |= {"SAGEMAKER_BASE_DIR": str(base / "ml"), "SM_STUDIO_LOCAL_MODE": "true"}
    return said
