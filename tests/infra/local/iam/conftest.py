"""A local cloud that enforces IAM between services, and keeps a record of its decisions."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.local import cloud as local_cloud
from tests import clouds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.local.cloud import LocalCloud

ACCOUNT, REGION = local_cloud.ACCOUNT, local_cloud.REGION


@dataclass(frozen=True)
class Guarded:
    """A running cloud, and where it writes its decisions down."""

    cloud: LocalCloud
    record: Path

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def decisions(self, role: str) -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in self.record.read_text().splitlines()]
        return [line for line in lines if line["role"].endswith(f"/{role}")]

    def role(self, name: str, service: str, *statements: dict[str, Any], condition: Any = None) -> str:
        """A role that `service` may assume, with one policy called `own` of these statements."""
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        if condition:
            trust["Condition"] = condition
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return str(arn)

    def queue(self, name: str) -> tuple[str, str]:
        """A queue's URL and ARN."""
        url = self.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def messages(self, url: str, seconds: float = 0) -> list[dict[str, Any]]:
        """What lies in a queue, waiting at most so long for the first message."""
        deadline = time.monotonic() + seconds
        while True:
            said = self.client("sqs").receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
            )
            if said.get("Messages") or time.monotonic() > deadline:
                return list(said.get("Messages", []))
            time.sleep(0.05)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: str | list[str], resource: str = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def zipped(source: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.py", source)
    return out.getvalue()


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    state = Path(tmp_path_factory.mktemp("iam"))
    record = state / "decisions.jsonl"
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIDEGATE_LOCAL_IAM_RECORD", str(record))
        with clouds.running("guarded", state) as cloud:
            environment.delenv("TIDEGATE_LOCAL_IAM_RECORD")
            yield Guarded(cloud, record)
