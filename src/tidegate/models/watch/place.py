"""Where a model's watch has got to: windows follow each other without a gap, and one is open at a time.

An open window was begun and is not known to be done: whoever looks next finishes it under the same name, so
that a death leads to the same report, and no row is passed over.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from tidegate.errors import CommitConflict


@dataclass(frozen=True)
class Window:
    """A time by S3's clock; a window of captures is the files that came within."""

    since: datetime
    until: datetime

    @property
    def name(self) -> str:
        """What its report is called."""
        return f"{self.until:%Y%m%dT%H%M%SZ}"


@dataclass(frozen=True)
class Place:
    """Where the watch stands."""

    until: datetime | None  # the end of the last window that is done; none: there was none
    window: Window | None  # the open one
    etag: str


def folder(model: str) -> str:
    """Below it lies all that the watch of a model writes."""
    return f"watch/{model}/"


def reports_prefix(model: str) -> str:
    """Below it lie the reports of a model."""
    return f"{folder(model)}reports/"


def report_key(model: str, window: Window) -> str:
    """The report of a window; written twice, it overwrites itself."""
    return f"{reports_prefix(model)}{window.name}.json"


class Places:
    """Reads and moves the places of one bucket; of two that move one at once, one goes on."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3, self._bucket = s3, bucket

    def read(self, model: str) -> Place:
        """Where the watch of `model` stands."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=_key(model))
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return Place(None, None, "")
            raise
        told = json.loads(answer["Body"].read())
        window = told["open"]
        return Place(
            until=_moment(told["until"]) if told["until"] else None,
            window=Window(_moment(window["since"]), _moment(window["until"])) if window else None,
            etag=answer["ETag"],
        )

    def open(self, model: str, place: Place, window: Window) -> Place:
        """Begin a window.

        Raises:
            CommitConflict: somebody else moved on since `place` was read.
        """
        return self._put(model, place.etag, place.until, window)

    def close(self, model: str, place: Place) -> Place:
        """The open window is done.

        Raises:
            CommitConflict: somebody else finished it.
        """
        assert place.window is not None, "only an open window is closed"
        return self._put(model, place.etag, place.window.until, None)

    def _put(self, model: str, etag: str, until: datetime | None, window: Window | None) -> Place:
        told = {
            "until": until.isoformat() if until else "",
            "open": {"since": window.since.isoformat(), "until": window.until.isoformat()}
            if window
            else None,
        }
        condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
        try:
            answer = self._s3.put_object(
                Bucket=self._bucket, Key=_key(model), Body=json.dumps(told), **condition
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "ConditionalRequestConflict"):
                raise CommitConflict(
                    f"the watch of {model}", "another one looked at the same time", "Look again"
                ) from error
            raise
        return Place(until, window, answer["ETag"])


def _key(model: str) -> str:
    return f"{folder(model)}place.json"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
