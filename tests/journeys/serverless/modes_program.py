"""The models' own container, of models in another folder: it answers well, fails on requests, or is slow."""

import asyncio
import sys
from typing import Any

import pipelines
from tidegate.models import container, serve

SECONDS = 6
FOLDER, MODE, *ARGUMENTS = sys.argv[1:]
_answer = serve.Endpoint.__call__


async def in_its_mode(endpoint: Any, scope: Any, receive: Any, send: Any) -> None:
    """Answer a ping and who answers as ever, so that only requests show what is wrong."""
    if scope.get("path") != "/invocations":
        await _answer(endpoint, scope, receive, send)
        return
    message = await receive()

    async def again() -> Any:
        return message

    if MODE != "well" and b"describe" not in message["body"]:
        if MODE == "failing":
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b"it fails"})
            return
        await asyncio.sleep(SECONDS)
    await _answer(endpoint, scope, again, send)


pipelines.__path__.append(FOLDER)
serve.Endpoint.__call__ = in_its_mode  # type: ignore[method-assign]
sys.exit(container.main(ARGUMENTS))
