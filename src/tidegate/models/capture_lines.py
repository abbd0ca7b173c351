"""Captured answers as lines, many at once: what is the same in all lines of a version stands ready.

The lines are those of `tidegate.models.captures`. A feature is written as the 32-bit float that it is, in the
fewest digits that name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Kept(NamedTuple):
    """One answered request, of which lines are to be made."""

    identity: str
    moment: str
    rows: Sequence[object]
    features: NDArray[np.float32]  # those that may be kept, one row each
    scores: Sequence[float]


class Pattern:
    """The lines of one version of a model."""

    def __init__(self, version: int, features: Sequence[str]) -> None:
        self._head = b'{"id":%%b,"at":"%%b","version":%d,"n":' % version
        names = [orjson.dumps(name) + b":" for name in features]
        told = [b"", b"", b',"row":']
        told += [(b"," if place else b',"features":{') + name for place, name in enumerate(names)]
        told += [b'},"score":' if names else b',"features":{},"score":']
        self._line = [part for one in told for part in (one, b"")] + [b"}\n"]
        self._width = len(names)

    def written(self, answers: Sequence[Kept]) -> bytes:
        """The lines of these answers; a number that is NaN is null."""
        heads = [self._head % (orjson.dumps(one.identity), one.moment.encode()) for one in answers]
        columns = [
            [head for head, one in zip(heads, answers, strict=True) for _ in one.rows],
            [b"%d" % number for one in answers for number in range(len(one.rows))],
            [orjson.dumps(row) for one in answers for row in one.rows],
            *self._features(answers),
            _numbers(np.array([score for one in answers for score in one.scores])),
        ]
        parts = self._line * len(columns[0])
        for place, column in enumerate(columns):
            parts[2 * place + 1 :: len(self._line)] = column
        return b"".join(parts)

    def _features(self, answers: Sequence[Kept]) -> list[list[bytes]]:
        told = _numbers(np.concatenate([one.features for one in answers]).ravel())
        return [told[place :: self._width] for place in range(self._width)]


def _numbers(values: NDArray[np.floating]) -> list[bytes]:
    """Each number as JSON."""
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")
