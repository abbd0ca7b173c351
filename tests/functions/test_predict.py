"""The HTTP answer: the endpoint's own words for a caller's fault, and no inside told for ours."""

from __future__ import annotations

import base64
import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.predict import RECORD_SECONDS, front, handler, predict
from infra.flow import FLOW
from tests.tidegate.models.test_front import FIRST, Asked, Versions, shifted
from tests.tidegate.silence import Silence
from tidegate import aws
from tidegate.models.front import Front, invoke
from tidegate.models.in_service import InService
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator


class Runtime:
    """Stands for SageMaker's runtime: answers with what it was given."""

    def __init__(self, answer: bytes | Exception) -> None:
        self.answer = answer
        self.asked: dict[str, Any] = {}

    def invoke_endpoint(self, **request: Any) -> dict[str, Any]:
        self.asked = request
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"Body": io.BytesIO(self.answer)}


def asked(runtime: Runtime) -> dict[str, Any]:
    return predict(lambda: invoke(runtime, "tidegate-laptop-flight-delay", b"{}"), "flight_delay")


def refused(code: str, message: str, **more: Any) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}, **more}, "InvokeEndpoint")


def test_an_answer_is_passed_through_with_the_endpoint_of_the_model() -> None:
    runtime = Runtime(b'{"predictions":[]}')
    answer = asked(runtime)
    assert answer == {
        "statusCode": 200,
        "headers": {"content-type": "application/json"},
        "body": '{"predictions":[]}',
    }
    assert runtime.asked["EndpointName"] == "tidegate-laptop-flight-delay"


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_callers_fault_keeps_its_status_and_words(status: int) -> None:
    said = '{"error": {"rows": [{"column": "origin"}]}}'
    error = refused("ModelError", "Received client error", OriginalStatusCode=status, OriginalMessage=said)
    answer = asked(Runtime(error))
    assert (answer["statusCode"], answer["body"]) == (status, said)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (refused("ValidationError", "Endpoint tidegate-x of account 1 not found."), 404),
        (refused("ThrottlingException", "Rate exceeded"), 429),
        (
            refused("ModelError", "secret inside", OriginalStatusCode=500, OriginalMessage="secret inside"),
            502,
        ),
        (
            refused("ModelError", "secret inside", OriginalStatusCode=503, OriginalMessage="secret inside"),
            503,
        ),
        (refused("ServiceUnavailable", "secret inside"), 503),
        (EndpointConnectionError(endpoint_url="http://secret"), 503),
    ],
)
def test_every_other_error_has_a_status_and_tells_nothing_of_the_inside(
    error: Exception, status: int
) -> None:
    answer = asked(Runtime(error))
    assert answer["statusCode"] == status
    assert "secret" not in answer["body"]
    assert set(json.loads(answer["body"])["error"]) == {"where", "what", "next_step", "rows"}


def test_a_model_that_does_not_exist_is_named() -> None:
    answer = handler({"pathParameters": {"model": "nonsense"}, "body": "{}"}, None)
    assert answer["statusCode"] == 404
    assert "nonsense" in answer["body"]
    assert "flight_delay" in answer["body"]


def test_a_body_that_is_no_base64_is_the_callers_fault() -> None:
    event = {"pathParameters": {"model": "flight_delay"}, "body": "%%%", "isBase64Encoded": True}
    assert handler(event, None)["statusCode"] == 400


def test_a_body_that_is_too_large_is_refused_before_anything_is_asked() -> None:
    body = base64.b64encode(b"x" * 1_000_001).decode()
    event = {"pathParameters": {"model": "flight_delay"}, "body": body, "isBase64Encoded": True}
    assert handler(event, None)["statusCode"] == 413


def test_behind_our_front_the_caller_hears_a_version_that_answers() -> None:
    broken = refused("ModelError", "secret inside", OriginalStatusCode=500)
    answer = predict(lambda: Asked(shifted(100), Versions(v2=broken)).ask(), "m")
    assert (answer["statusCode"], answer["body"]) == (200, "tidegate-laptop-m-v1")
    assert predict(lambda: Asked(FIRST, Versions(v1=broken)).ask(), "m")["statusCode"] == 502


def test_where_no_version_is_in_service_the_way_to_approve_one_names_the_model() -> None:
    gone = refused("ValidationError", "Endpoint tidegate-x of account 1 not found.")
    nobody = predict(lambda: Asked(InService(model="m"), Versions()).ask(), "m")
    for answer, model in ((asked(Runtime(gone)), "flight_delay"), (nobody, "m")):
        assert answer["statusCode"] == 404
        assert json.loads(answer["body"])["error"]["next_step"] == f"Approve one: tidegate approve {model}"


def longest(client: Any) -> int:
    """Seconds, until it has an answer or an error, though it is throttled as often as it asks again."""
    config = client.meta.config
    return int(config.read_timeout) + sum(
        2**again for again in range(config.retries["total_max_attempts"] - 1)
    )


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Front]:
    """A front before a cloud that takes calls and never answers."""
    with Silence() as silence, monkeypatch.context() as environment:
        for name, value in silence.environment.items():
            environment.setenv(name, value)
        environment.setenv(Setting.SERVING_TABLE, "serving")
        aws.client.cache_clear()
        yield front.__wrapped__("laptop")
    aws.client.cache_clear()


def test_who_does_not_answer_is_told_before_the_function_ends(silent: Front) -> None:
    """API Gateway waits for thirty seconds, and the function has one less."""
    record, left = 3 * RECORD_SECONDS, FLOW["predict"].timeout
    assert left < 30
    assert record + longest(silent.runtime) < left
    assert record + longest(silent.hasty) + longest(silent.after) < left


def test_a_record_that_does_not_come_is_not_waited_for(silent: Front) -> None:
    silent.records._known["m"] = (-1000.0, FIRST)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(silent.records.of, "m").result(timeout=20) == FIRST
