"""A range of a version of an object is that range alone, as in AWS: MiniStack answers with the whole version.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = tuple[int, dict[str, str], bytes]
NOT_CHECKED = "x-amz-checksum-"  # a checksum of the whole object says nothing of a part of it


def install() -> None:
    """Cut what was asked for out of what MiniStack answers."""
    from ministack.services import s3

    s3._get_object = _ranged(s3._get_object)


def _ranged(get: Callable[..., Answer]) -> Callable[..., Answer]:
    def get_object(
        bucket: str, key: str, headers: Mapping[str, str], query: Mapping[str, Any] | None = None
    ) -> Answer:
        status, told, body = get(bucket, key, headers, query)
        wanted = headers.get("range", "")
        if status != 200 or not wanted or not isinstance(body, bytes):
            return status, told, body
        return _part(bucket, key, wanted, told, body)

    return get_object


def _part(bucket: str, key: str, wanted: str, told: Mapping[str, str], body: bytes) -> Answer:
    from ministack.services import s3

    found = s3._parse_range(wanted, len(body))
    if found is None:
        refusal: Answer = s3._error(
            "InvalidRange", "The requested range is not satisfiable", 416, f"/{bucket}/{key}"
        )
        return refusal
    start, end = found
    kept = {name: value for name, value in told.items() if not name.lower().startswith(NOT_CHECKED)}
    kept = {name: value for name, value in kept.items() if name.lower() != "content-length"}
    part = body[start : end + 1]
    return (
        206,
        {**kept, "Content-Length": str(len(part)), "Content-Range": f"bytes {start}-{end}/{len(body)}"},
        part,
    )
