"""S3's events on EventBridge name the object's version, as in AWS: two versions of a key are two objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import json
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_version: ContextVar[str] = ContextVar("version", default="")


def install() -> None:
    """Remember the version while S3 makes its event, and add it where EventBridge takes the event."""
    from ministack.services import eventbridge, s3

    s3._fire_s3_event = _remembering(s3._fire_s3_event)
    eventbridge._dispatch_event = _with_version(eventbridge._dispatch_event)


def _remembering(fire: Callable[..., None]) -> Callable[..., None]:
    def fire_s3_event(*arguments: Any, version_id: str | None = None, **named: Any) -> None:
        token = _version.set(version_id or "")
        try:
            fire(*arguments, version_id=version_id, **named)
        finally:
            _version.reset(token)

    return fire_s3_event


def _with_version(dispatch: Callable[..., Any]) -> Callable[..., Any]:
    def dispatch_event(event: dict[str, Any], *arguments: Any, **named: Any) -> Any:
        if event.get("Source") == "aws.s3" and _version.get():
            detail = json.loads(event["Detail"])
            detail["object"]["version-id"] = _version.get()
            event = {**event, "Detail": json.dumps(detail)}
        return dispatch(event, *arguments, **named)

    return dispatch_event
