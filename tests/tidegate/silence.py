"""A cloud that takes every call, and answers none."""

from __future__ import annotations

import socket


class Silence:
    """It stands for AWS where a connection hangs."""

    def __enter__(self) -> Silence:
        self._socket = socket.create_server(("127.0.0.1", 0))
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.close()

    @property
    def environment(self) -> dict[str, str]:
        """What lets clients ask it."""
        words = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        return {**words, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_ENDPOINT_URL": url}

    def calls(self) -> int:
        """How often somebody called."""
        self._socket.setblocking(False)
        found = 0
        while True:
            try:
                self._socket.accept()[0].close()
            except BlockingIOError:
                return found
            found += 1
