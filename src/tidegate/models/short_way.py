"""A short way through uvicorn: a good request that needs no waiting is answered as its last byte comes.

For each request uvicorn makes a task, an event and a handful of messages, which take longer than a model
of trees. Here a request of `POST /invocations` is gathered first. Where the endpoint answers it at once, the
answer is written; every other request goes uvicorn's own way, from its start and unchanged, and with it each
refusal, failure, large body and old or closing connection.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, cast

import orjson
from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio

    from tidegate.models.serve import Endpoint


def speaking(endpoint: Endpoint) -> type[asyncio.Protocol]:
    """What uvicorn makes a connection's protocol with."""
    return cast("type[asyncio.Protocol]", partial(ShortWay, endpoint))


class ShortWay(HttpToolsProtocol):
    """uvicorn's protocol, for one endpoint."""

    def __init__(self, endpoint: Endpoint, *told: Any, **named: Any) -> None:
        super().__init__(*told, **named)
        self._endpoint = endpoint
        self._gathered: bytearray | None = None  # the body of a request that may be answered at once

    def on_headers_complete(self) -> None:
        """Gather a request, unless it must go uvicorn's way."""
        if self._is_plain():
            self._gathered = bytearray()
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Gather a part of a body, up to what uvicorn itself holds back."""
        if self._gathered is None:
            super().on_body(body)
            return
        self._gathered += body
        if len(self._gathered) > HIGH_WATER_LIMIT:
            self._turn()

    def on_message_complete(self) -> None:
        """Answer what was gathered."""
        if self._gathered is None:
            super().on_message_complete()
        elif not self._answered(bytes(self._gathered)):
            self._turn()
            super().on_message_complete()

    def shutdown(self) -> None:
        """Answer what has begun, then close."""
        if self._gathered is not None:
            self._turn()
        super().shutdown()

    def _is_plain(self) -> bool:
        return (
            self.url == b"/invocations"
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not self.parser.should_upgrade()
            and not self.expect_100_continue
            and not self.flow.write_paused
            and (self.cycle is None or self.cycle.response_complete)
        )

    def _turn(self) -> None:
        """Go uvicorn's way with what was gathered."""
        gathered, self._gathered = bytes(self._gathered or b""), None
        super().on_headers_complete()
        super().on_body(gathered)

    def _answered(self, body: bytes) -> bool:
        try:
            answer = self._endpoint.at_once(self.headers, body)
        except Exception:  # noqa: BLE001 - uvicorn's way meets it again, logs it and answers 500
            return False
        if answer is None:
            return False
        self._gathered = None
        said = orjson.dumps(answer.body)
        lines = [b"%b: %b\r\n" % one for one in self.server_state.default_headers]
        head = b"%bcontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % (
            b"".join(lines),
            len(said),
        )
        self.transport.write(STATUS_LINE[200] + head + said)
        self.on_response_complete()
        self._endpoint.answered(answer)
        return True
