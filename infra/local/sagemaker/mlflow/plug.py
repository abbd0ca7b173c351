"""Plugs MLflow's own calls into MiniStack: their route, and what IAM is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.mlflow import door

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from infra.local.sagemaker.backend import Backend


def install(backend: Callable[[], Backend]) -> None:
    """Answer what is signed for `sagemaker-mlflow`."""
    from ministack import app
    from ministack.core import iam_actions, router

    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> tuple[int, dict[str, str], bytes]:
        return await door.forward(backend().mlflow, method, path, headers, body, query)

    app.SERVICE_REGISTRY[door.SERVICE] = {"module": door.SERVICE}
    app.SERVICE_HANDLERS[door.SERVICE] = handle
    router.SERVICE_PATTERNS[door.SERVICE] = {"host_patterns": [r"experiments\.sagemaker\."]}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[door.SERVICE] = door.SERVICE
    _name(iam_actions)


def _name(iam_actions: Any) -> None:
    """The action is in the path, the resource in a header."""
    action_of, resource_of = iam_actions.extract_iam_action, iam_actions.extract_resource_arn

    def action(service: str, method: str, path: str, *rest: Any) -> str | None:
        if service == door.SERVICE:
            return door.action(path)
        found: str | None = action_of(service, method, path, *rest)
        return found

    def resource(service: str, method: str, path: str, *rest: Any) -> str:
        if service == door.SERVICE:
            return str(rest[0].get(door.ARN_HEADER, "*"))
        found: str = resource_of(service, method, path, *rest)
        return found

    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
