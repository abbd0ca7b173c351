"""A queue's messages reach a function only if the function's role may receive and delete them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack.services import lambda_svc

from infra.local.iam import decide, keys

if TYPE_CHECKING:
    from collections.abc import Callable

# AWS: "Lambda execution role permissions" for Amazon SQS names these three.
_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")


def refusal(role: str, queue_arn: str) -> str:
    """Why the role may not poll the queue; empty when it may."""
    own = [keys.KeyUse(action, queue_arn, {}) for action in _ACTIONS]
    # all are asked, so that a record shows each
    denied = [
        action
        for action, resource, context in [*own, *keys.behind("sqs:ReceiveMessage", queue_arn)]
        if not decide.role_may(role, action, resource, context, "awslambda")
    ]
    return f"{role} is not allowed {', '.join(denied)} on {queue_arn}" if denied else ""


def _guarded(concurrency: Callable[..., int]) -> Callable[..., int]:
    def allowed_concurrency(mapping: Any, function: Any, config: Any, queue: Any = None) -> int:
        role = (config or {}).get("Role", "")
        why = refusal(role, mapping.get("EventSourceArn", "")) if decide.enforced() and role else ""
        if why:
            mapping["LastProcessingResult"] = f"PROBLEM: {why}"
            return 0  # nothing is in flight below nothing, so MiniStack does not poll
        return concurrency(mapping, function, config, queue)

    return allowed_concurrency


def install() -> None:
    """Put ourselves before MiniStack's poller."""
    lambda_svc._sqs_esm_concurrency = _guarded(lambda_svc._sqs_esm_concurrency)
