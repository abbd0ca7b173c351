"""Calls that a role signs itself: MiniStack decides; we write it down, and ask KMS where AWS would."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.core import iam_evaluator as evaluator

from infra.local.iam import decide, events, keys, record, resources

_asked: ContextVar[list[Any] | None] = ContextVar("tidegate_iam_asked", default=None)
_enforce = evaluator.enforce
_evaluate = evaluator.evaluate
_trust_principal_matches = evaluator._trust_principal_matches


def _watching_evaluate(asked: Any, policies: Any, *limits: Any) -> Any:
    waiting = _asked.get()
    if waiting is not None and not waiting:
        waiting.append(asked)  # the identity policies are evaluated first
    return _evaluate(asked, policies, *limits)


def enforce(  # noqa: PLR0917 - MiniStack's own signature
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: dict[str, Any] | None = None,
) -> Any:
    """MiniStack's decision on a signed call, recorded, and with the KMS key behind the resource asked too."""
    if iam_action != "events:PutEvents":
        for one in (resource_arn, *resources.parents(resource_arn)):
            denied = _judged(access_key_id, iam_action, service, region, one, service_context)
            if denied is not None:
                return denied
        return None
    for said in events.contexts(events.signed_entries()) or [{}]:
        context = {**(service_context or {}), **said}
        denied = _judged(access_key_id, iam_action, service, region, resource_arn, context)
        if denied is not None:
            return denied
    return None


def _judged(  # noqa: PLR0917 - MiniStack's own signature
    access_key_id: str,
    iam_action: str,
    service: str,
    region: str,
    resource_arn: str,
    service_context: dict[str, Any] | None,
) -> Any:
    waiting: list[Any] = []
    token = _asked.set(waiting)
    try:
        denied = _enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
    finally:
        _asked.reset(token)
    if waiting and record.wanted():
        decide.note(waiting[0], denied is None)
    if denied is None and waiting:
        for use in keys.behind(iam_action, resource_arn):
            denied = denied or _judged(access_key_id, use.action, "kms", region, use.key, use.context)
    return denied


def _own_principals(principal: Any, caller_arn: str, federated: bool) -> bool:
    # MiniStack lets the account's root pass as any service; AWS lets nobody assume a service's role.
    if isinstance(principal, dict):
        principal = {kind: named for kind, named in principal.items() if kind != "Service"}
    return bool(_trust_principal_matches(principal, caller_arn, federated))


def install() -> None:
    """Put ourselves between MiniStack and its evaluator."""
    evaluator.evaluate = _watching_evaluate
    evaluator.enforce = enforce
    evaluator._trust_principal_matches = _own_principals
