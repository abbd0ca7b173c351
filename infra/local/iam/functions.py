"""A function gets its role's credentials only if the role trusts Lambda."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from infra.local.iam import decide

if TYPE_CHECKING:
    from collections.abc import Callable

_LAMBDA = "lambda.amazonaws.com"
_NOBODY = {
    "AWS_ACCESS_KEY_ID": "ASIANOBODYNOBODY0000",
    "AWS_SECRET_ACCESS_KEY": "refused",
    "AWS_SESSION_TOKEN": "refused",
}


def _guarded(credentials: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        role = config.get("Role", "")
        if decide.enforced() and role and not decide.trusts(role, _LAMBDA, config.get("FunctionArn", "")):
            logging.getLogger("iam").warning("AccessDenied: %s does not let %s assume it", role, _LAMBDA)
            return dict(_NOBODY)  # keys that nobody issued: each call of the function is refused
        return credentials(config)

    return execution_credentials


def install() -> None:
    """Put ourselves before MiniStack's handing out of credentials."""
    guarded = _guarded(lambda_runtime.execution_credentials)
    lambda_runtime.execution_credentials = guarded
    lambda_svc.execution_credentials = guarded
