"""Kept-alive connections to a container's port, and one POST on them: HTTP/1.1 on asyncio streams.

Written here because a general client costs more than the model does: about 0.1 ms a call, against 1 to 2.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

MOST_IDLE = 32
LINE_LIMIT = 1 << 20
PIECE = 64 << 10
Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answer:
    """What a container answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class StaleError(Exception):
    """A kept connection was closed by the other side before it answered."""


class Streamed:
    """An answer that is read as it comes."""

    def __init__(self, status: int, headers: Mapping[str, str], connection: Connection) -> None:
        self.status = status
        self.headers = headers
        self._reader, self._writer = connection

    async def pieces(self) -> AsyncIterator[bytes]:
        """What the container sends, piece by piece.

        Raises:
            OSError, EOFError, ValueError: it broke off.
        """
        async for piece in _pieces(self._reader, self.headers):
            yield piece

    def close(self) -> None:
        """Hear no more of it."""
        self._writer.close()


class Pool:
    """Connections to one port, for the loop that uses it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Connection] = []

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request, again on a new connection when a kept one had gone."""
        while self._idle:
            reader, writer = self._idle.pop()
            if reader.at_eof() or writer.is_closing():
                writer.close()
                continue
            try:
                return await self._exchange((reader, writer), path, headers, body)
            except StaleError:
                continue
        try:
            return await self._exchange(await self._connect(), path, headers, body)
        except StaleError as error:
            raise _unanswered() from error

    async def stream(self, path: str, headers: Mapping[str, str], body: bytes) -> Streamed:
        """Send one request on a connection of its own; the answer is read by the caller, and closed."""
        reader, writer = connection = await self._connect()
        try:
            await self._send(writer, path, headers, body)
            return Streamed(*await _head(reader), connection)
        except StaleError as error:
            writer.close()
            raise _unanswered() from error
        except BaseException:
            writer.close()
            raise

    def close(self) -> None:
        """Let the idle connections go."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _connect(self) -> Connection:
        return await asyncio.open_connection("127.0.0.1", self._port, limit=LINE_LIMIT)

    async def _send(
        self, writer: asyncio.StreamWriter, path: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join((*lines, "", "")).encode("latin-1") + body)
        await writer.drain()

    async def _exchange(
        self, connection: Connection, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        reader, writer = connection
        kept = False
        try:
            await self._send(writer, path, headers, body)
            status, heard = await _head(reader)
            answer = Answer(status, heard, b"".join([piece async for piece in _pieces(reader, heard)]))
            kept = not _closes(heard) and len(self._idle) < MOST_IDLE
            return answer
        finally:
            if kept:
                self._idle.append(connection)
            else:
                writer.close()


def _unanswered() -> ConnectionResetError:
    return ConnectionResetError("the container closed the connection without an answer")


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        if getattr(error, "partial", b""):
            raise ConnectionResetError("the container broke off its answer") from error
        raise StaleError from error
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    status = int(first.split(" ", 2)[1])
    if status in (204, 304):
        headers["content-length"] = "0"
    return status, headers


def _chunked(headers: Mapping[str, str]) -> bool:
    return headers.get("transfer-encoding", "").lower() == "chunked"


def _closes(headers: Mapping[str, str]) -> bool:
    """Whether the connection ends with the answer: it says so, or nothing else says where the answer ends."""
    unmarked = "content-length" not in headers and not _chunked(headers)
    return unmarked or headers.get("connection", "").lower() == "close"


async def _pieces(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
    if _chunked(headers):
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readuntil(b"\r\n")
    elif "content-length" in headers:
        left = int(headers["content-length"])
        while left:
            piece = await reader.read(min(left, PIECE))
            if not piece:
                raise ConnectionResetError("the container broke off its answer")
            left -= len(piece)
            yield piece
    else:
        while piece := await reader.read(PIECE):
            yield piece
