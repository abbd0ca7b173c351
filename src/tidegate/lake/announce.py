"""Say facts on Tidegate's bus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.facts import Fact

_AT_ONCE = 10  # entries of one PutEvents


def announce(events: Any, bus: str, facts: Iterable[Fact]) -> None:
    """Put each fact on the bus.

    Raises:
        Transient: EventBridge did not take all of them; those it took may come twice.
    """
    entries = [fact.entry(bus) for fact in facts]
    for start in range(0, len(entries), _AT_ONCE):
        answer = events.put_events(Entries=entries[start : start + _AT_ONCE])
        if answer.get("FailedEntryCount"):
            codes = sorted({entry["ErrorCode"] for entry in answer["Entries"] if "ErrorCode" in entry})
            raise Transient(
                f"bus {bus}",
                f"it did not take {answer['FailedEntryCount']} facts: {', '.join(codes)}",
                "Say it again",
            )
