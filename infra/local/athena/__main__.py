"""Athena alone, without the rest of the local cloud: `python -m infra.local.athena --port N`.

Point `AWS_ENDPOINT_URL_ATHENA` at it; Glue and S3 are found as boto3 finds them in this process's
environment, and the workgroups are the one called `primary`, with no output location of its own.
"""

from __future__ import annotations

import argparse
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import boto3

from infra.local.athena.access import Access
from infra.local.athena.api import Api, Caller
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Primary:
    def configuration(self, name: str) -> Mapping[str, Any] | None:
        return {"EnforceWorkGroupConfiguration": False} if name == "primary" else None


def _answer(api: Api, caller: Caller, target: str, body: bytes) -> tuple[int, dict[str, Any]]:
    operation = target.rpartition(".")[2]
    request = json.loads(body or b"{}")
    if operation == "GetWorkGroup":
        configuration = caller.workgroups.configuration(request.get("WorkGroup", ""))
        group = {"Name": "primary", "State": "ENABLED", "Configuration": configuration}
        return (200, {"WorkGroup": group}) if configuration else (400, _error("no such workgroup"))
    if operation not in api.operations:
        return 501, _error(f"{operation} is not supported by the local Athena when it runs alone")
    try:
        return 200, api.call(operation, request, caller)
    except BadRequest as error:
        return 400, _error(error.what)


def _error(said: str) -> dict[str, Any]:
    return {"__type": "InvalidRequestException", "Message": said, "message": said}


def server(port: int) -> ThreadingHTTPServer:
    """A server bound to this machine alone, not yet serving."""
    api = Api()
    caller = Caller(Access(boto3.Session()), "local", _Primary())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, answer = _answer(api, caller, self.headers.get("x-amz-target", ""), body)
            said = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing: one line a request helps nobody."""

    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m infra.local.athena")
    parser.add_argument("--port", type=int, required=True)
    server(parser.parse_args().port).serve_forever()
