"""CloudFormation asks for a table, and is answered whatever happens."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from functions import evolve
from tests.functions.world import EVENTS, Context, World
from tidegate.errors import BadRequest
from tidegate.lake import tables
from tidegate.plan import TableSpec, plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener:
    """The web address that CloudFormation gives, and the answers it got."""

    def __init__(self) -> None:
        self.answers: list[dict[str, Any]] = []
        self.types: list[str | None] = []
        listener = self

        class Answers(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.answers.append(json.loads(body))
                listener.types.append(self.headers["Content-Type"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}/answer"


@pytest.fixture
def cloudformation() -> Iterator[Listener]:
    listener = Listener()
    thread = threading.Thread(target=listener.server.serve_forever)
    thread.start()
    yield listener
    listener.server.shutdown()
    thread.join()
    listener.server.server_close()


def request(world: World, url: str, kind: str, spec: TableSpec) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((EVENTS / "cloudformation-create.json").read_text())
    event["ResourceProperties"] = {
        "spec": json.dumps(asdict(spec)),
        "database": world.settings[Setting.DATABASE],
        "location": f"s3://{world.lake}/tables/{spec.name}",
    }
    return {**event, "RequestType": kind, "ResponseURL": url}


def test_create_and_update_make_the_table_under_one_stable_name(
    world: World, cloudformation: Listener
) -> None:
    spec = plan().dataset("trips").table
    evolve.handler(request(world, cloudformation.url, "Create", spec), Context())
    evolve.handler(request(world, cloudformation.url, "Update", spec), Context())

    first, second = cloudformation.answers
    assert (first["Status"], second["Status"]) == ("SUCCESS", "SUCCESS")
    assert first["PhysicalResourceId"] == second["PhysicalResourceId"]
    assert first["PhysicalResourceId"] == f"{world.settings[Setting.DATABASE]}.trips"
    assert (first["RequestId"], first["LogicalResourceId"]) == ("unique-request-identifier", "MyTestResource")
    assert first["Data"]["Table"] == "trips"
    assert tables.load(tables.catalog(), world.settings[Setting.DATABASE], "trips").location() == (
        f"s3://{world.lake}/tables/trips"
    )


def test_delete_keeps_the_table(world: World, cloudformation: Listener) -> None:
    spec = plan().dataset("trips").table
    evolve.handler(request(world, cloudformation.url, "Create", spec), Context())

    evolve.handler(request(world, cloudformation.url, "Delete", spec), Context())

    assert cloudformation.answers[-1]["Status"] == "SUCCESS"
    tables.load(tables.catalog(), world.settings[Setting.DATABASE], "trips")


def test_a_change_that_would_lose_rows_is_answered_with_the_columns_name(
    world: World, cloudformation: Listener
) -> None:
    spec = plan().dataset("trips").table
    evolve.handler(request(world, cloudformation.url, "Create", spec), Context())
    without = replace(spec, fields=tuple(field for field in spec.fields if field.name != "price"))

    evolve.handler(request(world, cloudformation.url, "Update", without), Context())

    answer = cloudformation.answers[-1]
    assert answer["Status"] == "FAILED"
    assert "no longer has price" in answer["Reason"]


def test_an_unforeseen_failure_is_answered_too(world: World, cloudformation: Listener) -> None:
    event = request(world, cloudformation.url, "Create", plan().dataset("trips").table)
    event["ResourceProperties"]["database"] = "no_such_database"

    with pytest.raises(Exception, match="no_such_database"):
        evolve.handler(event, Context())

    assert cloudformation.answers[-1]["Status"] == "FAILED"


def test_a_request_without_an_address_is_refused(world: World) -> None:
    event = request(world, "file:///etc/passwd", "Delete", plan().dataset("trips").table)

    with pytest.raises(BadRequest, match="ResponseURL"):
        evolve.handler(event, Context())
