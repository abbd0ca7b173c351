"""The front door of the local cloud: each request passes here on its way to MiniStack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from infra.local import saving

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def gateway(scope: Message, receive: Receive, send: Send) -> None:
    """Hand a request on as if it had come through TLS, which policies ask for and a loopback needs not."""
    from ministack import app

    if scope["type"] == "http":
        scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        if scope["method"] not in ("GET", "HEAD"):
            saving.changed()
    await app.app(scope, receive, send)
