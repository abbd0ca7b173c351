"""A grantee: whatever has a role and one policy, whose every statement says its purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Grantee(Construct):
    """Whoever can be allowed something: a worker, a machine, a job."""

    policy: aws_iam.Policy

    def may(
        self,
        purpose: str,
        actions: Sequence[str],
        on: Sequence[str],
        conditions: Mapping[str, Any] | None = None,
    ) -> None:
        """Allow `actions` on these resources; the purpose is the statement's id."""
        self.policy.add_statements(statement(purpose, actions, on, conditions))


def statement(
    purpose: str, actions: Sequence[str], on: Sequence[str], conditions: Mapping[str, Any] | None = None
) -> aws_iam.PolicyStatement:
    """One permission with its purpose as its id."""
    return aws_iam.PolicyStatement(
        sid=purpose, actions=list(actions), resources=list(on), conditions=dict(conditions or {})
    )
