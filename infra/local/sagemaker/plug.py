"""Adds the local SageMaker to MiniStack: routes, permissions, state, Step Functions, CloudFormation, events.

MiniStack 1.5.33 has no interface for this: what is used here are its tables, and one function that names the
resource of a request. `tests/infra/local/sagemaker/test_plug.py` holds them.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local import saving
from infra.local.sagemaker import formation, grouping, machines, resources, wire
from infra.local.sagemaker.autoscaling import SERVICE as SCALING
from infra.local.sagemaker.backend import Backend
from infra.local.sagemaker.cloud import Cloud, Credentials, cannot_assume
from infra.local.sagemaker.config import Config
from infra.local.sagemaker.mlflow import plug as mlflow
from infra.local.sagemaker.pipelines import template
from infra.local.sagemaker.runtime import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "sagemaker"
TRUSTED = "sagemaker.amazonaws.com"

_installed: list[Backend] = []


def backend() -> Backend:
    """The SageMaker of this process."""
    return _installed[0]


def install() -> Backend:
    """Plug it in; MiniStack's settings must be in the environment by now."""
    if not _installed:
        state = os.environ.get("TIDEGATE_STATE")
        root = Path(state) / NAME if state else Path(tempfile.mkdtemp(prefix="tidegate-sagemaker-"))
        port = os.environ.get("GATEWAY_PORT", "4566")
        config = Config.read({"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", **os.environ}, root)
        own = Credentials("test", "test")  # MiniStack's root
        _installed.append(Backend(config, Cloud(config, own, _assume, _deliver)))
        backend().parts.store.on_change = _have_it_saved
    _serve()
    _authorise()
    _orchestrate()
    _provision()
    mlflow.install(backend)
    return backend()


def stop() -> None:
    """End every process at once."""
    backend().kill()


async def handle_request(
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query_params: Mapping[str, Any],  # noqa: ARG001 - MiniStack's signature
) -> tuple[int, dict[str, str], Any]:
    """MiniStack's handler of the service."""
    from ministack.core.responses import StreamingResponse

    status, said, answer = await wire.handle(backend(), method, path, headers, body)
    if not isinstance(answer, Stream):
        return status, said, answer
    return status, said, StreamingResponse(lambda send, _receive: wire.send_stream(answer, send))


def get_state() -> dict[str, Any]:
    """What MiniStack keeps over a restart."""
    return backend().dump()


def load_persisted_state(data: dict[str, Any]) -> None:
    """Go on from what was kept."""
    backend().load(data)


def reset() -> None:
    """Forget everything."""
    backend().reset()


def _have_it_saved() -> None:
    """Jobs and endpoints change when no request is made, which is when the local cloud looks for changes."""
    from ministack import app

    if app._MAIN_LOOP and not app._MAIN_LOOP.is_closed():
        app._MAIN_LOOP.call_soon_threadsafe(saving.changed)


def _serve() -> None:
    from ministack import app
    from ministack.core import router

    app.SERVICE_REGISTRY[NAME] = {"module": NAME}
    app.SERVICE_HANDLERS[NAME] = handle_request
    app._loaded_modules[NAME] = sys.modules[__name__]
    app._state_map[NAME] = NAME
    router.SERVICE_PATTERNS[NAME] = {
        "target_prefixes": ["SageMaker."],
        "host_patterns": [r"sagemaker\.", r"runtime\.sagemaker\."],
    }
    app.SERVICE_REGISTRY[SCALING] = {"module": NAME}
    app.SERVICE_HANDLERS[SCALING] = handle_request
    router.SERVICE_PATTERNS[SCALING] = {"target_prefixes": [f"{wire.SCALING_TARGET}."]}


def _authorise() -> None:
    from ministack.core import iam_actions

    iam_actions.SERVICE_TO_IAM_NAMESPACE[NAME] = NAME
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SCALING] = SCALING
    # the control plane names its action itself; a stream needs the action of a plain call
    iam_actions._BOTOCORE_SERVICE_MAP[NAME] = ["sagemaker-runtime"]
    routes = iam_actions._load_botocore_routes("sagemaker-runtime")
    iam_actions._REST_ROUTE_CACHE[NAME] = [
        (method, path, name.removesuffix("WithResponseStream"), *rest) for method, path, name, *rest in routes
    ]
    theirs = iam_actions.extract_resource_arn
    if getattr(theirs, "knows_sagemaker", False):
        return

    def extract(service: str, method: str, path: str, *rest: Any) -> str:
        headers, body, _, region, account_id = rest
        if service == NAME:
            return resources.resource_arn(path, headers, body, region, account_id)
        found: str = theirs(service, method, path, *rest)
        return found

    extract.knows_sagemaker = True  # type: ignore[attr-defined]
    iam_actions.extract_resource_arn = extract


def _orchestrate() -> None:
    from ministack.services import stepfunctions

    stepfunctions._execute_task = machines.knowing(stepfunctions._execute_task)
    stepfunctions._SERVICE_DISPATCH.update(machines.tasks(backend, stepfunctions._ExecutionError))
    stepfunctions._AWS_SDK_SERVICE_MAP[NAME] = {"target_prefix": "SageMaker", "protocol": "json"}
    stepfunctions._AWS_SDK_ERROR_PREFIX[NAME] = "SageMaker"
    stepfunctions._AWS_SDK_ERROR_CODE_OVERRIDES[NAME] = dict(machines.SDK_NAMES)


def _provision() -> None:
    from ministack.services.cloudformation import provisioners

    provisioners._RESOURCE_HANDLERS.update(grouping.handlers(backend))
    provisioners._RESOURCE_HANDLERS.update(template.handlers(backend))
    formation.install(backend)


def _deliver(entries: list[dict[str, Any]]) -> None:
    """Put events on the default bus from within: PutEvents refuses sources that begin with aws."""
    from ministack.core import responses
    from ministack.services import eventbridge

    config = backend().parts.config
    responses.set_request_account_id(config.account)
    responses.set_request_region(config.region)
    eventbridge._put_events({"Entries": entries}, allow_aws_source=True)


def _assume(role_arn: str, session_name: str) -> Credentials:
    """A session of a role for the service itself: STS would ask the role's trust in a person."""
    from ministack import app
    from ministack.core import responses
    from ministack.services import iam, sts

    config = backend().parts.config
    if not app.AUTH:
        return Credentials(config.account, "test")
    responses.set_request_account_id(config.account)
    name = role_arn.rpartition("/")[2]
    role = iam._roles.get(name)
    if role is None or not _trusts(role.get("AssumeRolePolicyDocument", "{}")):
        raise cannot_assume(role_arn)
    digest = hashlib.sha256(f"{NAME}:{role_arn}".encode()).hexdigest()
    made = Credentials(f"ASIA{digest[:16].upper()}", digest[16:56], digest)
    sts.register_session(
        made.access_key,
        {
            "Arn": f"arn:aws:sts::{config.account}:assumed-role/{name}/{session_name}",
            "UserId": f"{name}:{session_name}",
            "SecretAccessKey": made.secret_key,
            "SessionToken": made.token,
        },
    )
    return made


def _trusts(document: str | dict[str, Any]) -> bool:
    """Whether a trust policy lets SageMaker take the role."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    effects = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        services = principal.get("Service", []) if isinstance(principal, dict) else [principal]
        if TRUSTED in services or services == [TRUSTED]:
            effects.add(statement.get("Effect"))
    return effects == {"Allow"}
