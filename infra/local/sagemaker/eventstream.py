"""Amazon's event stream: messages with a checksum, one after the other in the body of an answer.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html describes the encoding; the
names of the headers are those that botocore reads.
"""

from __future__ import annotations

import json
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTENT_TYPE = "application/vnd.amazon.eventstream"
TEXT = 7  # the type of a header's value
MOST_PAYLOAD = 1 << 20


def parts(payload: bytes) -> bytes:
    """The messages that carry a piece of an answer."""
    headers = {
        ":message-type": "event",
        ":event-type": "PayloadPart",
        ":content-type": "application/octet-stream",
    }
    cuts = range(0, len(payload), MOST_PAYLOAD)
    return b"".join(message(headers, payload[start : start + MOST_PAYLOAD]) for start in cuts)


def failure(name: str, **members: str) -> bytes:
    """The message that ends a stream with an error."""
    headers = {
        ":message-type": "exception",
        ":exception-type": name,
        ":content-type": "application/json",
    }
    return message(headers, json.dumps(members).encode())


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    said = b"".join(
        struct.pack("!B", len(name)) + name.encode() + struct.pack("!BH", TEXT, len(value)) + value.encode()
        for name, value in headers.items()
    )
    start = struct.pack("!II", 16 + len(said) + len(payload), len(said))
    start += struct.pack("!I", zlib.crc32(start))
    whole = start + said + payload
    return whole + struct.pack("!I", zlib.crc32(whole))
