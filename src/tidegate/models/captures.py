"""What an endpoint keeps of its predictions, and where: JSON lines below `captures/` in the artefact bucket.

One line is one predicted row: `{"id", "at", "version", "n", "row", "features", "score"}`. `id` names the
request, `n` the row in it, `at` the moment in UTC; `row` holds the request's columns as they came, `features`
what the model saw (null: nothing was known). Personal columns are in neither. A text's line also has what was
written, `text`, why it `ended`, and its `bytes`. Files are written whole, and never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

CAPTURES = "captures"


def hour_prefix(model: str, at: datetime) -> str:
    """Below it lies what was captured of a model in the hour of `at`, which is in UTC."""
    return f"{CAPTURES}/{model}/{at:%Y/%m/%d/%H}/"


def capture_key(model: str, at: datetime, version: int, name: str) -> str:
    """The key of one file; `name` is random, since several containers write at once."""
    return f"{hour_prefix(model, at)}{version}-{name}.jsonl"


def version_of(key: str) -> int:
    """The version that answered, read from a file's name."""
    return int(key.rpartition("/")[2].partition("-")[0])


def moment_of(at: datetime) -> str:
    """A moment in UTC as lines have it."""
    return f"{at.isoformat(timespec='milliseconds')[:-6]}Z"


def lines(
    *,
    identity: str,
    moment: str,
    version: int,
    rows: Iterable[Mapping[str, Any]],
    features: Iterable[Mapping[str, float]],
    scores: Sequence[float],
    **more: object,
) -> list[bytes]:
    """One answered request as lines; a number that is NaN is written as null."""
    return [
        orjson.dumps(
            {
                "id": identity,
                "n": number,
                "at": moment,
                "version": version,
                "row": row,
                "features": seen,
                "score": score,
                **more,
            },
            option=orjson.OPT_APPEND_NEWLINE,
        )
        for number, (row, seen, score) in enumerate(zip(rows, features, scores, strict=True))
    ]


def read(content: bytes) -> Iterator[dict[str, Any]]:
    """The lines of one file."""
    return (orjson.loads(line) for line in content.splitlines())
