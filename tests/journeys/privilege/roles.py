"""The deployed roles: their statements, what is decided without one of them, and calls signed as them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from ministack.core import iam_evaluator as evaluator

from infra.local.cloud import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.cli.place import Place

Json = dict[str, Any]


@dataclass(frozen=True)
class Role:
    """One deployed role and its policy; the name is without the environment's prefix."""

    place: Place
    name: str
    physical: str
    policy: str
    document: Json

    @property
    def statements(self) -> dict[str, Json]:
        """Every statement, by its Sid."""
        return {one["Sid"]: one for one in self.document["Statement"]}

    def actions(self, sid: str) -> list[str]:
        """What a statement allows."""
        named = self.statements[sid]["Action"]
        return named if isinstance(named, list) else [named]

    def allows(self, decision: Json, *, without: str = "") -> bool:
        """Whether the policy allows what was once decided, less one statement."""
        asked = evaluator.EvalContext(
            principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/{self.physical}/test",
            principal_type="AssumedRole",
            principal_account=ACCOUNT,
            action=decision["action"],
            resource_arn=decision["resource"],
            region=REGION,
            secure_transport=True,
            service_context=decision["context"],
        )
        parsed = evaluator.parse_policy_document(self._less(without))
        return bool(evaluator.evaluate(asked, [parsed]).decision == "Allow")

    @contextmanager
    def without(self, sid: str) -> Iterator[None]:
        """Within, the deployed role lacks one statement."""
        self._put(self._less(sid))
        try:
            yield
        finally:
            self._put(self.document)

    def session(self) -> boto3.Session:
        """A session of the role: for this its trust is widened to the account, which is the test's alone."""
        iam, sts = self.place.client("iam"), self.place.client("sts")
        trust = iam.get_role(RoleName=self.physical)["Role"]["AssumeRolePolicyDocument"]
        ours = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "sts:AssumeRole",
        }
        both = {**trust, "Statement": [*trust["Statement"], ours]}
        iam.update_assume_role_policy(RoleName=self.physical, PolicyDocument=json.dumps(both))
        arn = f"arn:aws:iam::{ACCOUNT}:role/{self.physical}"
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        iam.update_assume_role_policy(RoleName=self.physical, PolicyDocument=json.dumps(trust))
        return boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=REGION,
        )

    def client(self, session: boto3.Session, service: str) -> Any:
        """A client of the local cloud that signs as the role, and never tries twice."""
        assert self.place.cloud is not None, "the journeys run on a local cloud"
        once = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
        return session.client(service, endpoint_url=self.place.cloud.endpoint, config=once)

    def _less(self, sid: str) -> Json:
        left = [one for one in self.document["Statement"] if one["Sid"] != sid]
        return {**self.document, "Statement": left}

    def _put(self, document: Json) -> None:
        self.place.client("iam").put_role_policy(
            RoleName=self.physical, PolicyName=self.policy, PolicyDocument=json.dumps(document)
        )


def deployed(place: Place) -> dict[str, Role]:
    """Every role of the environment, by its name; each has one policy, written in place."""
    iam, prefix = place.client("iam"), f"tidegate-{place.environment}-"
    names = [one["RoleName"] for page in iam.get_paginator("list_roles").paginate() for one in page["Roles"]]
    found = {}
    for physical in names:
        if not physical.startswith(prefix):
            continue
        assert iam.list_attached_role_policies(RoleName=physical)["AttachedPolicies"] == []
        (policy,) = iam.list_role_policies(RoleName=physical)["PolicyNames"]
        document = iam.get_role_policy(RoleName=physical, PolicyName=policy)["PolicyDocument"]
        name = physical.removeprefix(prefix)
        found[name] = Role(place, name, physical, policy, document)
    return found
