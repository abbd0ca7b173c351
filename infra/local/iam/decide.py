"""May this role, or this service, do that? MiniStack's evaluator, asked for what services do for others."""

from __future__ import annotations

import json
from typing import Any

from ministack import app
from ministack.core import iam_evaluator as evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

from infra.local.iam import record

Policy = str | dict[str, Any] | None


def enforced() -> bool:
    """Whether the emulator enforces IAM at all."""
    return bool(app.AUTH)


def role_may(
    role_arn: str, action: str, resource: str, context: dict[str, Any] | None = None, session: str = "service"
) -> bool:
    """Whether the role's policies (with its boundary, and the resource's own policy) allow the action."""
    if not enforced():
        return True
    account, name = role_arn.split(":")[4], role_arn.rsplit("/", 1)[-1]
    asked = evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={key.lower(): value for key, value in (context or {}).items()},
    )
    limits = evaluator._permissions_boundary(iam._roles, name, account)
    return note(asked, judged(asked, evaluator._gather_role_policies(name, account), limits))


def judged(asked: evaluator.EvalContext, policies: list[Any], limits: list[Any]) -> bool:
    """The decision of identity policies and the resource's own policy together."""
    result = evaluator.evaluate(asked, policies, *limits)
    service = asked.action.partition(":")[0]
    found = evaluator._resource_policy(service, asked.resource_arn)
    if found is not None:
        required = service in evaluator._POLICY_REQUIRED
        result = evaluator.combine_resource_policy(
            result, asked, *found, required=required, limits=tuple(limits)
        )
    return bool(result.decision == "Allow")


def note(asked: evaluator.EvalContext, allowed: bool) -> bool:
    """Write the decision down where a record is kept; gives it back."""
    if record.wanted() and ":assumed-role/" in asked.principal_arn:
        account, name = (
            asked.principal_arn.split(":")[4],
            evaluator._role_name_from_assumed_arn(asked.principal_arn),
        )
        every = statements(account, name)
        matching = [label for label, one in every if evaluator._first_match(asked, [one], "Allow")]
        alone = None
        if allowed and len(matching) == 1:
            others = [[one for label, one in every if label != matching[0]]]
            alone = None if judged(asked, others, []) else matching[0]
        role = (iam._roles.get_scoped(account, None, name) or {}).get("Arn", name)
        context = {key: value for key, value in asked.service_context.items() if value is not None}
        record.add(
            record.Decision(role, asked.action, asked.resource_arn, context, allowed, tuple(matching), alone)
        )
    return allowed


def statements(account: str, role_name: str) -> list[tuple[str, evaluator.ParsedStatement]]:
    """Every statement of the role's policies, labelled `policy name/Sid or index`."""
    role = iam._roles.get_scoped(account, None, role_name) or {}
    documents = dict(role.get("InlinePolicies") or {})
    for arn in role.get("AttachedPolicies", []):
        documents[arn.rsplit("/", 1)[-1]] = evaluator._resolve_managed_policy_document(arn, account)
    return [
        (f"{name}/{one.sid or index}", one)
        for name, document in documents.items()
        if document
        for index, one in enumerate(evaluator.parse_policy_document(document))
    ]


def service_may(policy: Policy, service: str, action: str, resource: str, source_arn: str) -> bool:
    """Whether a resource's own policy lets a service principal act on it, for `source_arn`."""
    if not enforced():
        return True
    asked = _for_service(service, action, resource, source_arn)
    return bool(evaluator.evaluate_resource_policy(policy, asked, service=service).decision == "Allow")


def trusts(role_arn: str, service: str, source_arn: str) -> bool:
    """Whether the role's trust policy lets the service assume it, for `source_arn`."""
    if not enforced():
        return True
    role = iam._roles.get_scoped(role_arn.split(":")[4], None, role_arn.rsplit("/", 1)[-1])
    if role is None:
        return False
    document = role.get("AssumeRolePolicyDocument") or {}
    document = json.loads(document) if isinstance(document, str) else document
    listed = document.get("Statement", [])
    listed = [listed] if isinstance(listed, dict) else listed
    # A trust policy names no resource: the role is it.
    whole = {"Statement": [{**statement, "Resource": "*"} for statement in listed]}
    asked = _for_service(service, "sts:AssumeRole", role_arn, source_arn)
    return bool(evaluator.evaluate_resource_policy(whole, asked, service=service).decision == "Allow")


def _for_service(service: str, action: str, resource: str, source_arn: str) -> evaluator.EvalContext:
    # The caller is the service, no principal of the account: an account's grant must not let it in.
    return evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context={
            "aws:sourcearn": source_arn,
            "aws:sourceaccount": get_account_id(),
            "aws:principalservicename": service,
            "aws:principalisawsservice": "true",
        },
    )
