"""One execution environment of a Lambda function: takes an invocation, runs the handler, posts the answer.

It speaks to LocalStack as LocalStack's own `init` program does: `/status/…/ready` once the handler is
imported, then for each POST to `/invoke` the logs and the response or the error.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import threading
import time
import traceback
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

BASE = os.environ["LOCALSTACK_RUNTIME_ENDPOINT"]
EXECUTOR = os.environ["LOCALSTACK_RUNTIME_ID"]


def post(path: str, body: bytes) -> None:
    request = urllib.request.Request(f"{BASE}{path}", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, timeout=30).close()


def failure(error: BaseException) -> bytes:
    lines = traceback.format_exception(error)
    return json.dumps(
        {"errorType": type(error).__name__, "errorMessage": str(error), "stackTrace": lines}
    ).encode()


def context(invoke: dict[str, Any]) -> SimpleNamespace:
    deadline = time.monotonic() + float(os.environ.get("AWS_LAMBDA_FUNCTION_TIMEOUT", "3"))
    return SimpleNamespace(
        aws_request_id=invoke["invoke-id"],
        invoked_function_arn=invoke["invoked-function-arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        memory_limit_in_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        get_remaining_time_in_millis=lambda: max(0, int(1000 * (deadline - time.monotonic()))),
    )


def run(handler: Any, invoke: dict[str, Any]) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            answer = json.dumps(handler(json.loads(invoke["payload"]), context(invoke))).encode()
            verb = "response"
        except BaseException as error:  # noqa: BLE001  a handler may raise anything: it is reported, never swallowed
            answer, verb = failure(error), "error"
            traceback.print_exception(error)
    post(f"/invocations/{invoke['invoke-id']}/logs", json.dumps({"logs": said.getvalue()}).encode())
    post(f"/invocations/{invoke['invoke-id']}/{verb}", answer)


def main() -> None:
    sys.path.insert(0, os.environ["LAMBDA_CODE"])
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    try:
        handler = getattr(importlib.import_module(module), name)
    except Exception as error:
        post(f"/status/{EXECUTOR}/error", failure(error))
        raise

    class Invoke(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            invoke = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            threading.Thread(target=run, args=(handler, invoke), daemon=True).start()

        def log_message(self, *_: object) -> None:
            """Requests are LocalStack's to log."""

    server = HTTPServer(("127.0.0.1", int(os.environ["LAMBDA_PORT"])), Invoke)
    post(f"/status/{EXECUTOR}/ready", b"{}")
    server.serve_forever()


main()
