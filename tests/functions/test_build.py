"""CloudFormation hears of the models' image when CodeBuild has ended, and is told of every way it can end.

CodeBuild and ECR are not on this machine: a server stands for both, and speaks their protocol to real boto3.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from functions import build
from tidegate import aws

if TYPE_CHECKING:
    from collections.abc import Iterator

EVENTS = Path(__file__).parents[1] / "events"
REPOSITORY = "123456789012.dkr.ecr.us-east-2.amazonaws.com/tidegate-dev-models"
DIGEST = "sha256:" + "ab" * 32


class Services:
    """What CodeBuild started, what ECR holds, and what CloudFormation was answered."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.tags: set[str] = set()
        self.ended: dict[str, Any] = {}
        self.refuses = ""
        self.server = HTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def say(self, operation: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if operation == "DescribeImages":
            if asked["imageIds"][0]["imageTag"] in self.tags:
                return 200, {"imageDetails": [{"imageDigest": DIGEST}]}
            return 400, {"__type": "ImageNotFoundException", "message": "no such tag"}
        if self.refuses:
            return 400, {"__type": self.refuses, "message": "not now"}
        if operation == "StartBuild":
            self.started.append(asked)
            return 200, {"build": {"id": "tidegate-dev-models:1"}}
        assert operation == "BatchGetBuilds"
        variables = self.started[-1]["environmentVariablesOverride"] if self.started else []
        made = {"id": "tidegate-dev-models:1", "environment": {"environmentVariables": variables}}
        return 200, {"builds": [{**made, **self.ended}]}


def _handler(services: Services) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, said = services.say(self.headers["X-Amz-Target"].split(".")[-1], self.body())
            self.reply(status, json.dumps(said).encode())

        def do_PUT(self) -> None:
            services.answers.append(self.body())
            self.reply(200, b"")

        def body(self) -> Any:
            return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

        def reply(self, status: int, said: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    made = Services()
    monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    aws.client.cache_clear()
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()
    aws.client.cache_clear()


def request(services: Services, kind: str = "Create") -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "cloudformation-create.json").read_text())
    asked = {"Project": "tidegate-dev-models", "Repository": REPOSITORY, "Tag": "0123456789abcdef"}
    asked |= {"Dockerfile": "training.Dockerfile", "Requirements": "pipelines/trees/requirements.lock"}
    url = f"{services.url}/answer?signed=1"
    return {**event, "RequestType": kind, "ResponseURL": url, "ResourceProperties": asked}


def ended() -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "codebuild-build-state-change.json").read_text())
    return event


def test_cloudformation_waits_until_the_build_has_succeeded(services: Services) -> None:
    build.handler(request(services), None)
    assert services.answers == []
    (asked,) = services.started
    told = {one["name"]: one["value"] for one in asked["environmentVariablesOverride"]}
    assert told["DOCKERFILE"] == "training.Dockerfile"
    assert told["REQUIREMENTS"] == "pipelines/trees/requirements.lock"

    services.tags.add("0123456789abcdef")
    services.ended = {"buildStatus": "SUCCEEDED"}
    build.handler(ended(), None)

    (said,) = services.answers
    assert (said["Status"], said["PhysicalResourceId"]) == ("SUCCESS", REPOSITORY)
    assert said["Data"] == {"ImageUri": f"{REPOSITORY}@{DIGEST}"}
    assert (said["RequestId"], said["LogicalResourceId"]) == ("unique-request-identifier", "MyTestResource")


@pytest.mark.parametrize("status", ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"])
def test_a_build_that_ends_badly_fails_the_resource_with_its_phase_and_log(
    services: Services, status: str
) -> None:
    build.handler(request(services), None)
    services.ended = {
        "buildStatus": status,
        "phases": [
            {"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"},
            {"phaseType": "BUILD", "phaseStatus": status, "contexts": [{"message": "exit status 1"}]},
        ],
        "logs": {"deepLink": "https://logs.example"},
    }
    build.handler(ended(), None)
    (said,) = services.answers
    assert said["Status"] == "FAILED"
    for part in (status, "BUILD", "exit status 1", "https://logs.example"):
        assert part in said["Reason"]


def test_a_build_without_its_image_is_not_called_a_success(services: Services) -> None:
    build.handler(request(services), None)
    services.ended = {"buildStatus": "SUCCEEDED"}
    build.handler(ended(), None)
    assert services.answers[0]["Status"] == "FAILED"


def test_an_image_that_is_there_is_not_built_again(services: Services) -> None:
    services.tags.add("0123456789abcdef")
    build.handler(request(services, "Update"), None)
    assert services.started == []
    assert services.answers[0]["Data"] == {"ImageUri": f"{REPOSITORY}@{DIGEST}"}


def test_a_build_that_cannot_start_is_answered_once_and_not_tried_behind_cloudformations_back(
    services: Services,
) -> None:
    services.refuses = "AccountLimitExceededException"
    build.handler(request(services), None)
    (said,) = services.answers
    assert said["Status"] == "FAILED"
    assert "AccountLimitExceeded" in said["Reason"]


def test_a_build_that_somebody_started_by_hand_is_nobodys_answer(services: Services) -> None:
    services.ended = {"buildStatus": "SUCCEEDED"}
    build.handler(ended(), None)
    assert services.answers == []


def test_delete_is_answered_and_builds_nothing(services: Services) -> None:
    build.handler({**request(services, "Delete"), "PhysicalResourceId": REPOSITORY}, None)
    assert services.started == []
    assert services.answers[0]["Status"] == "SUCCESS"


def test_the_same_request_twice_is_one_build(services: Services) -> None:
    tokens = {build.build_of(request(services), REPOSITORY)["idempotencyToken"] for _ in range(2)}
    assert tokens == {"unique-request-identifier"}
