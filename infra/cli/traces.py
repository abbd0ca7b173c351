"""What endpoints captured of their answers, found by the answers' ids."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound
from tidegate.models import captures
from tidegate.settings import Setting

KEPT = ("row", "features", "score", "text", "ended", "bytes")  # the last three of a text alone

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from infra.cli.place import Place


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One answered request."""

    identity: str
    model: str
    version: int
    at: str
    rows: list[dict[str, Any]]  # as captured


def find(place: Place, ids: Collection[str], model: str = "") -> dict[str, Trace]:
    """Each of these answers, by its id; the latest captures are looked through first.

    Raises:
        NotFound: one of them was not captured.
    """
    found: dict[str, Trace] = {}
    for name, lines in _captured(place, model):
        for line in lines:
            if line["id"] in ids:
                trace = found.setdefault(line["id"], _begun(line, name))
                trace.rows.append({part: line[part] for part in KEPT if part in line})
        if len(found) == len(ids):
            return found
    gone = sorted(set(ids) - set(found))
    raise NotFound(
        f"answer {gone[0]}",
        "no capture holds it" if len(gone) == 1 else f"no capture holds it, nor {len(gone) - 1} others",
        "It is written some seconds after the answer; the model's `sampled` is the share that is captured",
    )


def _begun(line: dict[str, Any], model: str) -> Trace:
    return Trace(identity=line["id"], model=model, version=line["version"], at=line["at"], rows=[])


def _captured(place: Place, model: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The model and lines of each file of captures, the latest hour first."""
    s3, bucket = place.client("s3"), place.settings[Setting.ARTEFACT_BUCKET]
    prefix = f"{captures.CAPTURES}/{model}/" if model else f"{captures.CAPTURES}/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    listed = [one["Key"] for page in pages for one in page.get("Contents", [])]
    for key in sorted(listed, key=lambda key: key.split("/")[2:6], reverse=True):
        body = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        yield key.split("/")[1], list(captures.read(body))
