"""What is answered within the server's protocol is answered as any other request, whatever comes around."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.clouds import eventually
from tests.tidegate.models.test_plain_features import GOOD, answerers
from tests.tidegate.models.test_serve import recording
from tidegate.models.captures import read
from tidegate.models.serve import Endpoint
from tidegate.models.short_way import speaking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.models.answer import Answerer

BODY = json.dumps(GOOD).encode()
BAD = json.dumps({**GOOD, "items": 0}).encode()


class Watched(Endpoint):
    """An endpoint that counts what comes to it uvicorn's own way."""

    long_ways = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.long_ways += scope["type"] == "http"
        await super().__call__(scope, receive, send)


@dataclass
class Served:
    """A server, its endpoint and what it captured."""

    server: uvicorn.Server
    endpoint: Watched
    written: dict[str, bytes]

    @property
    def port(self) -> int:
        return int(self.server.servers[0].sockets[0].getsockname()[1])

    def say(self, *parts: bytes) -> bytes:
        """Send these parts, one after the other, and read until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in parts:
                connection.sendall(part)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def ask(self, body: bytes, **headers: str) -> tuple[int, dict[str, str], Any]:
        """Ask once."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("POST", "/invocations", body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        return answer.status, {name: value for name, value in answer.getheaders() if name != "date"}, said


@contextmanager
def serving(answerer: Answerer) -> Iterator[Served]:
    written: dict[str, bytes] = {}
    endpoint = Watched(answerer, recording(written, answerer.onnx.features))
    told = uvicorn.Config(
        endpoint, port=0, http=speaking(endpoint), lifespan="on", log_level="error", access_log=False
    )
    server = uvicorn.Server(told)
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    try:
        yield Served(server, endpoint, written)
    finally:
        server.should_exit = True
        thread.join(20)


@pytest.fixture(scope="module")
def answerer(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    return answerers(tmp_path_factory.mktemp("model")).at_once


@pytest.fixture
def served(answerer: Answerer) -> Iterator[Served]:
    with serving(answerer) as running:
        yield running


def request(body: bytes, *headers: bytes, path: bytes = b"/invocations", version: bytes = b"1.1") -> bytes:
    lines = [
        b"POST " + path + b" HTTP/" + version,
        b"Host: here",
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join([*lines, b"", body])


LAST = b"Connection: close"


def statuses(said: bytes) -> list[int]:
    """The statuses of the answers that came on one connection."""
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


def test_a_good_request_goes_the_short_way_and_reads_as_one_that_went_the_long_one(served: Served) -> None:
    named = {"X-Amzn-SageMaker-Inference-Id": "order-7"}
    short = served.ask(BODY, **named)
    assert served.endpoint.long_ways == 0
    long = served.ask(BODY, **named, Expect="100-continue")
    assert served.endpoint.long_ways == 1
    assert short == long
    assert (short[0], json.loads(short[2])["id"]) == (200, "order-7")


def test_every_answer_is_captured_once_whichever_way_it_went(answerer: Answerer) -> None:
    with serving(answerer) as served:
        ids = [json.loads(served.ask(BODY)[2])["id"] for _ in range(70)]
        ids += [json.loads(served.ask(BODY, Expect="100-continue")[2])["id"]]
        assert served.endpoint.long_ways == 1
    kept = [line for body in served.written.values() for line in read(body)]
    assert [line["id"] for line in kept] == ids
    assert all(line["row"] == GOOD for line in kept)


@pytest.mark.parametrize(
    ("body", "status"), [(BAD, 422), (b"junk", 400), (b"", 400), (b'{"describe": true}', 200)]
)
def test_what_is_not_answered_at_once_is_answered_in_the_long_way(
    served: Served, body: bytes, status: int
) -> None:
    assert served.ask(body)[0] == status
    assert served.endpoint.long_ways == 1


def test_a_name_that_is_none_is_refused_and_other_paths_and_methods_too(served: Served) -> None:
    assert served.ask(BODY, **{"X-Amzn-SageMaker-Inference-Id": "x" * 65})[0] == 400
    assert statuses(served.say(request(BODY, LAST, path=b"/elsewhere"))) == [404]
    assert statuses(served.say(b"GET /invocations HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")) == [
        405
    ]
    assert statuses(served.say(b"GET /ping HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")) == [200]


def test_requests_that_come_at_once_on_one_connection_are_answered_in_their_order(served: Served) -> None:
    many = request(BODY) + request(BAD) + request(BODY) + request(BODY) + request(BODY, LAST)
    assert statuses(served.say(many)) == [200, 422, 200, 200, 200]


def test_a_body_in_pieces_is_one_body(served: Served) -> None:
    whole = request(BODY)
    said = served.say(whole[:30], whole[30:-20], whole[-20:-5], whole[-5:], request(BODY, LAST))
    assert statuses(said) == [200, 200]
    chunked = b"POST /invocations HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n"
    pieces = [b"%x\r\n%b\r\n" % (len(part), part) for part in (BODY[:9], BODY[9:])]
    assert statuses(served.say(chunked, *pieces, b"0\r\n\r\n" + request(BODY, LAST))) == [200, 200]


def test_a_large_body_turns_to_the_long_way_in_its_midst(served: Served) -> None:
    rows = json.dumps({"rows": [{**GOOD, "total": number} for number in range(500)]}).encode()
    padded = rows[:-1] + b" " * 60_000 + rows[-1:]
    status, _, said = served.ask(padded)
    assert (status, len(json.loads(said)["predictions"])) == (200, 500)
    assert served.endpoint.long_ways == 1
    assert served.ask(b" " * 1_000_001)[0] == 413


def test_a_connection_that_is_to_end_ends_and_an_old_one_too(served: Served) -> None:
    assert b"connection: close" in served.say(request(BODY, LAST))
    assert statuses(served.say(request(BODY, version=b"1.0"))) == [200]
    assert served.endpoint.long_ways == 2


def test_a_fault_of_ours_is_answered_with_500_and_the_next_request_as_ever(
    answerer: Answerer, caplog: pytest.LogCaptureFixture
) -> None:
    calls = iter([True, True, False])

    def straight(row: dict[str, Any]) -> Any:
        if next(calls):
            raise RuntimeError("secret inside")
        assert answerer.straight is not None
        return answerer.straight(row)

    with serving(replace(answerer, straight=straight)) as served:
        status, _, said = served.ask(BODY)
        assert (status, b"secret" in said) == (500, False)
        assert served.ask(BODY)[0] == 200


def test_a_request_that_has_begun_when_the_server_ends_is_answered(served: Served) -> None:
    whole = request(BODY)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as connection:
        connection.sendall(whole[:-5])
        eventually(lambda: any(one._gathered for one in served.server.server_state.connections))  # type: ignore[union-attr]
        served.server.should_exit = True
        eventually(lambda: served.endpoint.long_ways)
        connection.sendall(whole[-5:])
        said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert statuses(said) == [200]
