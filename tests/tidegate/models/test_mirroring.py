"""A copy of a request is an asynchronous call, and whatever becomes of it nobody else is concerned."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError, EndpointConnectionError

from tidegate.models.mirroring import LARGEST_COPY, Mirror, copied


class Lambdas:
    """Stand for Lambda: takes calls, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.taken: list[dict[str, Any]] = []

    def invoke(self, **request: Any) -> None:
        if self.error:
            raise self.error
        self.taken.append(request)


def sent(lambdas: Lambdas, body: bytes) -> list[str]:
    warned: list[str] = []
    Mirror(lambdas, "tidegate-laptop-mirror", warned.append).send("the-shadow", body)
    return warned


def test_any_body_arrives_as_it_was() -> None:
    lambdas = Lambdas()
    for body in (b'{"rows": []}', b"", bytes(range(256))):
        assert sent(lambdas, body) == []
        request = lambdas.taken.pop()
        assert (request["FunctionName"], request["InvocationType"]) == ("tidegate-laptop-mirror", "Event")
        assert copied(json.loads(request["Payload"])) == ("the-shadow", body)


def test_what_an_asynchronous_call_does_not_hold_is_not_copied() -> None:
    lambdas = Lambdas()
    (warning,) = sent(lambdas, b"x" * (LARGEST_COPY * 3 // 4))
    assert "750000 bytes is too large" in warning
    assert sent(lambdas, b"x" * 740_000) == []
    assert len(lambdas.taken[0]["Payload"]) <= LARGEST_COPY


def test_a_copy_that_is_not_taken_is_a_warning() -> None:
    refused = ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "wait"}}, "Invoke")
    for error in (refused, EndpointConnectionError(endpoint_url="http://here")):
        (warning,) = sent(Lambdas(error), b"{}")
        assert "the-shadow was not taken" in warning
