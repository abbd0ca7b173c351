"""Why a training that is wanted does not start now: what a model declares, so that drift costs no fortune.

An hour is one of the model's instance: the steps of a training run one after the other, so that the time of
an execution is the most that they can have cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tidegate.plan import RetrainPlan

DAY, MONTH = timedelta(days=1), timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Past:
    """A training that was started before."""

    run: str
    began: datetime
    ended: datetime | None  # none: it is under way

    def hours(self, now: datetime) -> float:
        """How long it ran."""
        return ((self.ended or now) - self.began).total_seconds() / 3600


def reason_against(rules: RetrainPlan, causes: Collection[str], past: Sequence[Past], now: datetime) -> str:
    """Why no training starts, or nothing.

    Args:
        rules: what the model declares.
        causes: what asks, in the words of `Retrain.on`.
        past: the trainings of the last thirty days, and others that do not count.
        now: when it is decided.
    """
    if not set(causes) & set(rules.on):
        return f"{' and '.join(causes)} starts no training of this model; it declares: {', '.join(rules.on)}"
    if past:
        ready = max(one.began for one in past) + timedelta(hours=rules.cool_down_hours)
        if now < ready:
            return f"it cools down until {ready:%Y-%m-%d %H:%M} UTC after its last training"
    today = sum(one.began > now - DAY for one in past)
    if today >= rules.most_a_day:
        return f"{today} trainings began within a day; {rules.most_a_day} may"
    hours = sum(one.hours(now) for one in past if one.began > now - MONTH)
    if hours >= rules.hours_a_month:
        return f"its trainings ran for {hours:.1f} hours in thirty days; {rules.hours_a_month:g} may be spent"
    return ""
