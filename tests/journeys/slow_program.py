"""The models' own container, whose every prediction takes longer than an endpoint may."""

import asyncio
import sys
from typing import Any

from tidegate.models import container, serve

SECONDS = 6
_answer = serve.Endpoint.__call__


async def slowly(endpoint: Any, scope: Any, receive: Any, send: Any) -> None:
    """Wait before each answer but that to a ping."""
    if scope.get("path") == "/invocations":
        await asyncio.sleep(SECONDS)
    await _answer(endpoint, scope, receive, send)


serve.Endpoint.__call__ = slowly  # type: ignore[method-assign]
sys.exit(container.main(sys.argv[1:]))
