"""When what arrives differs from its contract: what a dataset wants done, and how it is told."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_ADDED = 100  # columns that a table may gain by what files bring
RESCUED = "_rescued"  # the column that keeps what has none of its own
_ALIKE = 0.6  # of difflib's ratio, from which one name may have come of another


class OnChange(StrEnum):
    """What becomes of a file whose columns are not the contract's."""

    STRICT = "strict"  # it is refused
    REORDER = "reorder"  # the same columns may come in any order
    EVOLVE = "evolve"  # and new ones become text columns of the table, and what may be null may be missing
    PERMISSIVE = "permissive"  # the same, with new ones kept together in `_rescued`

    @property
    def takes_more(self) -> bool:
        """Whether columns may come, or be missing, that the contract does not foresee."""
        return self in {OnChange.EVOLVE, OnChange.PERMISSIVE}


def policy_in(environment: str, wanted: OnChange | Mapping[str, OnChange]) -> OnChange:
    """What a dataset wants in an environment; where others alone are named, such a file is refused."""
    return wanted if isinstance(wanted, OnChange) else wanted.get(environment, OnChange.STRICT)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How a file differs from its contract; columns by the names that files give them."""

    added: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    renamed: tuple[tuple[str, str], ...] = ()  # probably: what was missed, and what came in its place
    reordered: bool = False
    retyped: tuple[str, ...] = ()  # columns of which most values are of another type
    reencoded: bool = False

    def changes(self) -> Iterator[str]:
        """Each single change in a few words, by which it is known again."""
        yield from (f"added {name}" for name in self.added)
        yield from (f"missing {name}" for name in self.missing)
        yield from (f"retyped {name}" for name in self.retyped)
        if self.reordered:
            yield "reordered"
        if self.reencoded:
            yield "reencoded"

    def only(self, changes: Iterable[str]) -> Difference:
        """The same, with some of its changes alone."""
        wanted = set(changes)
        added = tuple(name for name in self.added if f"added {name}" in wanted)
        missing = tuple(name for name in self.missing if f"missing {name}" in wanted)
        return Difference(
            added=added,
            missing=missing,
            renamed=tuple(pair for pair in self.renamed if pair[0] in missing or pair[1] in added),
            reordered="reordered" in wanted,
            retyped=tuple(name for name in self.retyped if f"retyped {name}" in wanted),
            reencoded="reencoded" in wanted,
        )


def renamed(
    missing: Sequence[str], added: Sequence[str], places: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """What was probably only given another name.

    Args:
        missing: the contract's columns that did not come.
        added: those that came instead, or besides.
        places: the contract's columns beside what stood at their place in the file.
    """
    left, found = list(added), []
    at_its_place = dict(places)
    for name in missing:
        same = [other for other in left if _bare(other) == _bare(name)]
        place = [at_its_place[name]] if at_its_place.get(name) in left else []
        near = difflib.get_close_matches(name, left, n=1, cutoff=_ALIKE)
        for other in (*same, *place, *near)[:1]:
            left.remove(other)
            found.append((name, other))
    return found


def _bare(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()
