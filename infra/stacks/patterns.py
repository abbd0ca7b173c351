"""The flow's words for events, as EventBridge patterns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.triggers import Said
from tidegate.facts import SOURCE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.triggers import Landed
    from tidegate.plan import Plan


def pattern(event: Landed | Said, *, plan: Plan, bucket: str, lane: str = "") -> dict[str, Any] | None:
    """What a rule matches; nothing where no dataset can ever match.

    Args:
        event: what is listened to.
        plan: says which datasets models use, and which have a lane of their own.
        bucket: the landing bucket.
        lane: the dataset that the rule is for; empty means all that have no lane of their own.
    """
    apart = [name for name, dataset in plan.datasets.items() if dataset.own_queue]
    if isinstance(event, Said):
        return _said(event, plan, apart, lane)
    detail: dict[str, Any] = {"bucket": {"name": [bucket]}}
    keys = _keys(apart, lane)
    if keys:
        detail["object"] = {"key": keys}
    return {"source": ["aws.s3"], "detail_type": ["Object Created"], "detail": detail}


def _said(event: Said, plan: Plan, apart: Sequence[str], lane: str) -> dict[str, Any] | None:
    detail: dict[str, Any] = {name: [value] for name, value in event.where.items()}
    if "dataset" in event.fact.__dataclass_fields__:
        if event.of != "any":
            names = used(plan, event.of)
            if not names:
                return None
            detail["dataset"] = names
        elif lane:
            detail["dataset"] = [lane]
        elif apart:
            detail["dataset"] = [{"anything-but": list(apart)}]
    elif "key" in event.fact.__dataclass_fields__ and _keys(apart, lane):
        detail["key"] = _keys(apart, lane)
    found: dict[str, Any] = {"source": [SOURCE], "detail_type": [event.fact.name()]}
    return {**found, "detail": detail} if detail else found


def used(plan: Plan, how: str) -> list[str]:
    """The datasets that models look up in, or read at all."""
    if how == "looked up":
        return sorted({look.dataset for model in plan.models.values() for look in model.lookups})
    return sorted({name for model in plan.models.values() for name in model.reads})


def _keys(apart: Sequence[str], lane: str) -> list[Any]:
    if lane:
        return [{"prefix": f"{lane}/"}]
    return [{"anything-but": {"prefix": [f"{name}/" for name in apart]}}] if apart else []
