"""Directories that go to S3 while a job still runs: checkpoints, and outputs of upload mode Continuous."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.files import NoObjectsError, download
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_log = logging.getLogger(__name__)
EVERY_SECONDS = 1.0


class Mirror:
    """A directory whose new and changed files are copied below a prefix."""

    def __init__(self, s3: Any, folder: Path, uri: str) -> None:
        self._s3 = s3
        self._folder = folder
        self._uri = uri.rstrip("/") + "/"
        self._sent: dict[Path, tuple[int, int]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def restore(self) -> None:
        """Bring what an earlier run left, if it left anything."""
        with suppress(NoObjectsError):
            download(self._s3, self._uri, self._folder)
        self._sent = dict(self._files())

    def save(self) -> None:
        """Send what has changed since the last time."""
        bucket, prefix = split_uri(self._uri)
        for file, state in self._files():
            if self._sent.get(file) != state:
                key = f"{prefix}{file.relative_to(self._folder).as_posix()}"
                with suppress(FileNotFoundError):  # gone since it was listed
                    self._s3.upload_file(str(file), bucket, key)
                    self._sent[file] = state

    def _files(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        for file in sorted(self._folder.rglob("*")):
            with suppress(FileNotFoundError):
                if file.is_file():
                    found = file.stat()
                    yield file, (found.st_mtime_ns, found.st_size)


@contextmanager
def meanwhile(tasks: list[Callable[[], None]]) -> Iterator[None]:
    """Do each task again and again while the block runs, and once more when it ends well."""
    over = threading.Event()
    thread = threading.Thread(target=_repeat, args=(tasks, over), name="sagemaker-mirror", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    for task in tasks:
        task()


def _repeat(tasks: list[Callable[[], None]], over: threading.Event) -> None:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    while not over.wait(EVERY_SECONDS):
        for task in tasks:
            try:
                task()
            except (BotoCoreError, Boto3Error, ClientError) as error:
                _log.warning("will be tried again: %s", error)
