"""Failures of botocore and of the system become errors of ours."""

from __future__ import annotations

from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from infra.cli.translation import translated
from tidegate import errors


def _refused(code: str, status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "said so"}, "ResponseMetadata": {"HTTPStatusCode": status}},
        "PutThing",
    )


def test_a_cloud_that_does_not_answer_may_answer_later() -> None:
    told = translated(EndpointConnectionError(endpoint_url="http://127.0.0.1:1"))
    assert isinstance(told, errors.Transient)
    assert "tidegate up" in told.next_step


def test_a_throttled_call_may_succeed_later_and_a_refused_one_may_not() -> None:
    assert isinstance(translated(_refused("ThrottlingException")), errors.Transient)
    assert isinstance(translated(_refused("AccessDenied")), errors.Mistake)


def test_what_the_local_cloud_does_not_do_is_said_to_be_unsupported() -> None:
    assert isinstance(translated(_refused("NotImplemented", 501)), errors.Unsupported)


def test_missing_credentials_say_how_to_get_some() -> None:
    assert "aws sso login" in translated(NoCredentialsError()).next_step


def test_a_defect_of_ours_is_called_one() -> None:
    assert "--debug" in translated(ZeroDivisionError("division by zero")).next_step
