"""A state machine of ours on a local cloud, with functions that only say what a test wants."""

from __future__ import annotations

import io
import json
import sys
import uuid
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from infra.layers import ROOT
from tests import clouds
from tests.clouds import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.local.cloud import LocalCloud

WAIT_SECONDS = 240.0


@contextmanager
def tiny_cloud(name: str, state: Path, waits: str) -> Iterator[LocalCloud]:
    """A cloud whose image `tiny` is one small program; what the setting `waits` is of passes in no time."""
    program = [sys.executable, str(ROOT / "tests/infra/local/sagemaker/image_program.py")]
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TIDEGATE_LOCAL_IMAGES", json.dumps({"tiny": program}))
        environment.setenv(waits, "0.01")
        with clouds.running(name, state) as cloud:
            yield cloud


class Machine:
    """`infra/machines/<noun>.asl.json` as it is deployed, under a role that may do everything."""

    def __init__(
        self, cloud: LocalCloud, noun: str, functions: dict[str, str], changed: dict[str, str] | None = None
    ) -> None:
        self.cloud, self.name = cloud, f"{noun}-{uuid.uuid4().hex[:8]}"
        self.states, self.sagemaker = cloud.client("stepfunctions"), cloud.client("sagemaker")
        where = {"LocationConstraint": "eu-west-1"}
        cloud.client("s3").create_bucket(Bucket=self.name, CreateBucketConfiguration=where)
        cloud.client("events").create_event_bus(Name=self.name)
        self.role = self._made_role()
        words = {"SnapshotRole": self.role, "LearningRole": self.role, "Bus": self.name, "Key": "key"}
        words |= {"Environment": "laptop", "Database": "d", "Workgroup": "w", "Region": "eu-west-1"}
        words |= {word: self.function(word, body) for word, body in functions.items()}
        text = (ROOT / f"infra/machines/{noun}.asl.json").read_text()
        for word, meaning in words.items():
            text = text.replace(f"${{{word}}}", meaning)
        for said, instead in (changed or {}).items():
            assert said in text
            text = text.replace(said, instead)
        made = self.states.create_state_machine(name=self.name, definition=text, roleArn=self.role)
        self.arn = str(made["stateMachineArn"])

    def _made_role(self) -> str:
        iam = self.cloud.client("iam")
        names = ["states.amazonaws.com", "lambda.amazonaws.com", "sagemaker.amazonaws.com"]
        trust = {"Effect": "Allow", "Principal": {"Service": names}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        made: str = iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
        all_of_it = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [all_of_it]})
        iam.put_role_policy(RoleName=self.name, PolicyName="p", PolicyDocument=policy)
        return made

    def function(self, word: str, body: str) -> str:
        """A function of this body; its ARN."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code.py", f"def handler(event, context):\n    {body}\n")
        made = self.cloud.client("lambda").create_function(
            FunctionName=f"{self.name}-{word}",
            Runtime="python3.13",
            Role=self.role,
            Handler="code.handler",
            Code={"ZipFile": packed.getvalue()},
        )
        return str(made["FunctionArn"])

    def start(self, given: dict[str, Any], name: str = "") -> str:
        """Start an execution; its ARN."""
        named = {"name": name} if name else {}
        begun = self.states.start_execution(stateMachineArn=self.arn, input=json.dumps(given), **named)
        return str(begun["executionArn"])

    def entered(self, execution: str) -> list[str]:
        """The states that an execution entered, in order."""
        pages = self.states.get_paginator("get_execution_history").paginate(executionArn=execution)
        return [
            event["stateEnteredEventDetails"]["name"]
            for page in pages
            for event in page["events"]
            if "stateEnteredEventDetails" in event
        ]

    def ended(self, execution: str) -> dict[str, Any]:
        """How an execution ended, once it has."""

        def look() -> dict[str, Any] | None:
            told: dict[str, Any] = self.states.describe_execution(executionArn=execution)
            return told if told["status"] != "RUNNING" else None

        found: dict[str, Any] = eventually(look, WAIT_SECONDS)
        return found
