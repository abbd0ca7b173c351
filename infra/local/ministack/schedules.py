"""A schedule whose expression was changed is a new one to the clock, whenever it struck last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Wrap the update of a schedule."""
    from ministack.services import scheduler

    scheduler._update_schedule = _forgetting(scheduler._update_schedule)


def _forgetting(update: Callable[..., Any]) -> Callable[..., Any]:
    def update_schedule(name: str, body: dict[str, Any]) -> Any:
        from ministack.core.responses import get_account_id, get_region
        from ministack.services import scheduler

        answer = update(name, body)
        key = f"{body.get('GroupName', 'default')}/{name}"
        scheduler._schedule_last_fired.pop((get_account_id(), get_region(), key), None)
        return answer

    return update_schedule
