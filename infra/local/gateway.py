"""The front door of the local cloud: each request passes here on its way to MiniStack."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from infra.local import saving

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

ENCRYPTION = b"x-amz-server-side-encryption"
KEY = b"x-amz-server-side-encryption-aws-kms-key-id"
PIECE = 1 << 20


async def gateway(scope: Message, receive: Receive, send: Send) -> None:
    """Hand a request on as if it had come through TLS, which policies ask for and a loopback needs not."""
    from ministack import app

    if scope["type"] == "http":
        scope = {**scope, "headers": [*_keyed(list(scope["headers"])), (b"x-forwarded-proto", b"https")]}
        if scope["method"] not in ("GET", "HEAD"):
            saving.changed()
    await app.app(scope, receive, _in_pieces(send))


def _in_pieces(send: Send) -> Send:
    """Send a large body piece by piece: whole, the server below would copy it several times."""

    async def send_in_pieces(message: Message) -> None:
        body = message.get("body", b"")
        for start in range(0, len(body) - PIECE, PIECE):
            await send({**message, "body": bytes(body[start : start + PIECE]), "more_body": True})
        rest = (len(body) - 1) // PIECE * PIECE
        await send({**message, "body": body[rest:]} if rest > 0 else message)

    return send_in_pieces


def _keyed(headers: Headers) -> Headers:
    """Name the account's own S3 key where a write says `aws:kms` and no key: S3 does so, MiniStack refuses.

    The key of the alias aws/s3 is meant: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html.
    The CDK's command line publishes its assets so.
    """
    named = dict(headers)
    if named.get(ENCRYPTION) == b"aws:kms" and KEY not in named:
        return [*headers, (KEY, b"alias/aws/s3")]
    return headers
