"""A failed function is reported as AWS does: the exception's own name, its message, and where it was
raised.

MiniStack calls every exception `Runtime.HandlerError`, so a state machine's Catch by name would never match.
"""

from __future__ import annotations

import threading
from typing import Any

# What the worker says of an exception, and what it says with this plug.
BARE = '"error": str(e), "trace": traceback.format_exc()}'
NAMED = (
    '"error": str(e), "trace": traceback.format_exc(), "type": type(e).__name__, '
    '"stack": traceback.format_tb(e.__traceback__)}'
)
BARE_INIT = '{"status": "error", "error": str(e)}'
DIED = "Worker process died"  # what it says of a process that ended with a call in its hands
NAMED_INIT = (
    '{"status": "error", "error": ("Runtime.ImportModuleError: '
    'Unable to import module \'" + module_name + "\': "'
    ' if isinstance(e, ImportError) else "Runtime.HandlerNotFound: "'
    ' if isinstance(e, AttributeError) else type(e).__name__ + ": ") + str(e)}'
)

_last = threading.local()


def install() -> None:
    """Teach the worker to name its exceptions, and the executor to pass the names on."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc

    for bare, named in ((BARE, NAMED), (BARE_INIT, NAMED_INIT)):
        if bare not in lambda_runtime._PYTHON_WORKER_SCRIPT:
            raise RuntimeError("MiniStack's Python worker is not the one this plug was written for")
        lambda_runtime._PYTHON_WORKER_SCRIPT = lambda_runtime._PYTHON_WORKER_SCRIPT.replace(bare, named)
    invoke = lambda_runtime.Worker.invoke
    execute = lambda_svc._execute_function_warm

    def invoke_and_remember(worker: Any, *arguments: Any, **named: Any) -> Any:
        _last.said = invoke(worker, *arguments, **named)
        return _last.said

    def execute_and_name(func: Any, event: Any, request_id: str) -> Any:
        _last.said = {}
        return _named(execute(func, event, request_id), _last.said, request_id)

    lambda_runtime.Worker.invoke = invoke_and_remember
    lambda_svc._execute_function_warm = execute_and_name


def _named(result: Any, said: dict[str, Any], request_id: str) -> Any:
    body = result.get("body") if result.get("error") else None
    if not isinstance(body, dict):
        return result
    if "type" in said:
        body["errorType"] = said["type"]
        body["requestId"] = request_id
        body["stackTrace"] = said["stack"]
    elif body.get("errorMessage") == DIED:
        body.update(
            errorType="Runtime.ExitError", errorMessage=f"RequestId: {request_id} Error: Runtime exited"
        )
    elif body.get("errorMessage", "").startswith("Worker init failed: "):
        kind, _, message = body["errorMessage"].removeprefix("Worker init failed: ").partition(": ")
        body.update(errorType=kind, errorMessage=message, requestId=request_id, stackTrace=[])
    return result
