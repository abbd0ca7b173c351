"""What becomes of a file with other columns, compared environment by environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.contract.changes import OnChange
from tidegate.contract.described.change import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ELSEWHERE = "elsewhere"
_TAKES = {OnChange.STRICT: 0, OnChange.REORDER: 1, OnChange.EVOLVE: 2, OnChange.PERMISSIVE: 2}


def policy_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    """Senders lose where less is taken; readers where new columns go somewhere else than before."""
    before, after = _by_environment(old.get("on_change")), _by_environment(new.get("on_change"))
    for environment in sorted(before.keys() | after.keys()):
        was, now = (OnChange(of.get(environment, of[_ELSEWHERE])) for of in (before, after))
        if was is not now:
            where = "on_change" if environment == _ELSEWHERE else f"on_change, {environment}"
            elsewhere = was.takes_more and now.takes_more
            yield Change(
                where=where,
                what=f"{was.value} becomes {now.value}",
                senders=_TAKES[now] < _TAKES[was],
                readers=elsewhere,
            )


def _by_environment(said: str | Mapping[str, str] | None) -> dict[str, str]:
    if isinstance(said, str):
        return {_ELSEWHERE: said}
    return {_ELSEWHERE: OnChange.STRICT.value, **(said or {})}
