"""Kept-alive connections to a container's port, and one POST or GET on them: HTTP/1.1 on asyncio streams.

Written here because a general client costs more than the model does: about 0.1 ms a call, against 1 to 2.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_IDLE = 32
LINE_LIMIT = 1 << 20


@dataclass(frozen=True)
class Answer:
    """What a container answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class StaleError(Exception):
    """A kept connection was closed by the other side before it answered."""


class Pool:
    """Connections to one port, for the loop that uses it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request, again on a new connection when a kept one had gone."""
        while self._idle:
            reader, writer = self._idle.pop()
            if reader.at_eof() or writer.is_closing():
                writer.close()
                continue
            try:
                return await self._exchange(reader, writer, path, headers, body)
            except StaleError:
                continue
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port, limit=LINE_LIMIT)
        try:
            return await self._exchange(reader, writer, path, headers, body)
        except StaleError as error:
            raise ConnectionResetError("the container closed the connection without an answer") from error

    def close(self) -> None:
        """Let the idle connections go."""
        while self._idle:
            self._idle.pop()[1].close()

    async def _exchange(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        path: str,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        kept = False
        try:
            writer.write("\r\n".join((*lines, "", "")).encode("latin-1") + body)
            await writer.drain()
            answer = await _read(reader)
            kept = answer.headers.get("connection", "").lower() != "close" and len(self._idle) < MOST_IDLE
            return answer
        finally:
            if kept:
                self._idle.append((reader, writer))
            else:
                writer.close()


async def _read(reader: asyncio.StreamReader) -> Answer:
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
    return Answer(int(first.split(" ", 2)[1]), headers, await _body(reader, headers))


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    parts = []
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)
