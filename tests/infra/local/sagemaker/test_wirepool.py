"""The connections to a container, against servers that behave and that do not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from infra.local.sagemaker.wirepool import Answer, Pool

if TYPE_CHECKING:
    from collections.abc import Callable


def talk(answers: list[bytes], calls: int, *, then_close: bool = False) -> tuple[list[Answer], int]:
    """Make calls on a server that gives these answers; what was heard, and on how many connections."""
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        while head := await _head(reader):
            await reader.readexactly(int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0]))
            writer.write(answers.pop(0))
            await writer.drain()
            if then_close:
                break
        writer.close()

    async def run() -> list[Answer]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        pool = Pool(server.sockets[0].getsockname()[1])
        async with server:
            heard = []
            try:
                for _ in range(calls):
                    heard.append(await pool.post("/invocations", {"A": "b"}, b"body"))
                    await asyncio.sleep(0.02)
            finally:
                pool.close()
                await asyncio.sleep(0.02)  # the server closes its side
            return heard

    return asyncio.run(run()), opened


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"


def test_one_connection_serves_call_after_call() -> None:
    heard, opened = talk([PLAIN, PLAIN, PLAIN], 3)
    assert [answer.body for answer in heard] == [b"ok"] * 3
    assert heard[0].headers["content-type"] == "text/plain"
    assert opened == 1


def test_an_answer_in_chunks_is_put_together() -> None:
    assert talk([CHUNKED], 1)[0][0].body == b"abcde"


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    heard, opened = talk(
        [b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nall of it"] * 2, 2, then_close=True
    )
    assert [answer.body for answer in heard] == [b"all of it"] * 2
    assert opened == 2


def test_an_answer_without_content_has_no_body_to_wait_for() -> None:
    heard, opened = talk([b"HTTP/1.1 204 No Content\r\n\r\n", PLAIN], 2)
    assert [answer.body for answer in heard] == [b"", b"ok"]
    assert opened == 1


def test_a_connection_that_the_container_closed_is_replaced_without_an_error() -> None:
    heard, opened = talk([PLAIN, PLAIN], 2, then_close=True)
    assert len(heard) == 2
    assert opened == 2


@pytest.mark.parametrize("broken", [b"", b"HTTP/1.1 200 OK\r\nContent-Le"])
def test_an_answer_that_breaks_off_is_an_error(broken: bytes) -> None:
    call: Callable[[], object] = lambda: talk([broken], 1, then_close=True)  # noqa: E731
    with pytest.raises(ConnectionResetError):
        call()
