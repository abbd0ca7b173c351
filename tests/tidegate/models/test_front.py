"""Requests are shared out by the record, and no caller pays for a version on its way in."""

from __future__ import annotations

import io
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tidegate.errors import NotFound
from tidegate.models.front import KEPT_SECONDS, Front, Kept, choose
from tidegate.models.in_service import InService

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW = "tidegate-laptop-m-v1", "tidegate-laptop-m-v2"
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
FIRST = InService(model="m").answers(1, "arn:1", OLD)
STARTING = ClientError({"Error": {"Code": "ModelNotReadyException", "Message": "wait"}}, "Invoke")
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, "Invoke")
MISSING = ClientError({"Error": {"Code": "ValidationError", "Message": "Endpoint not found"}}, "Invoke")
HANGS = ReadTimeoutError(endpoint_url="http://here")


def shifted(share: int, copies: int = 0) -> InService:
    return replace(FIRST.begins(2, watched_until=SOON), share=share, copies=copies)


def said(status: int) -> ClientError:
    told = {"Code": "ModelError", "Message": "Received an error"}
    return ClientError({"Error": told, "OriginalStatusCode": status}, "InvokeEndpoint")  # type: ignore[typeddict-unknown-key]


class Versions:
    """Stand for SageMaker's runtime: each endpoint answers its name, or with what it was given."""

    def __init__(self, **given: Exception) -> None:
        self.given = given
        self.asked: list[str] = []

    def invoke_endpoint(self, EndpointName: str, Body: bytes, ContentType: str) -> dict[str, Any]:
        assert (Body, ContentType) == (b"{}", "application/json")
        self.asked.append(EndpointName)
        if error := self.given.get(EndpointName.rpartition("-")[2]):
            raise error
        return {"Body": io.BytesIO(EndpointName.encode())}


class Asked:
    """A front before versions of `m`, and what it said and copied."""

    def __init__(
        self, record: InService, versions: Versions, copy: Callable[[str, bytes], None] | None = None
    ) -> None:
        self.told: list[str] = []
        self.copied: list[str] = []
        self.front = Front(
            environment="laptop",
            runtime=versions,
            hasty=versions,
            after=versions,
            records=Kept(lambda _model: record, lambda _model: record, lambda: 0.0),
            draw=Random(7).random,
            tell=lambda endpoint, _ms, failed: self.told.append(f"{endpoint}: {failed}"),
            copy=copy or (lambda endpoint, _body: self.copied.append(endpoint)),
        )

    def ask(self) -> bytes:
        return self.front.ask("m", b"{}")

    def __call__(self) -> str:
        return self.ask().decode()

    @property
    def errors(self) -> int:
        return sum(not one.endswith(": ") for one in self.told)


def test_each_version_has_its_share_of_the_requests() -> None:
    draw, now = Random(7).random, datetime.now(UTC)
    for share in (1, 10, 50):
        found = Counter(choose(shifted(share), "laptop", now, draw).endpoint for _ in range(10_000))
        assert abs(found[NEW] / 100 - share) < 2, found
    for record, only in ((shifted(0), OLD), (shifted(100), NEW), (FIRST, OLD)):
        assert {choose(record, "laptop", now, draw).endpoint for _ in range(1000)} == {only}


def test_a_share_that_nobody_watches_lapses() -> None:
    stopped = replace(shifted(100), watched_until=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())
    assert Asked(stopped, Versions())() == OLD


def test_a_version_that_served_on_instances_goes_on_there_until_the_next_one_answers() -> None:
    on_instances = replace(InService(model="m").answers(1, "arn:1").begins(2, watched_until=SOON), share=50)
    asked = Asked(on_instances, Versions())
    assert {asked() for _ in range(50)} == {"tidegate-laptop-m", NEW}


def test_without_a_version_there_is_no_answer() -> None:
    with pytest.raises(NotFound, match="no version of this model is in service"):
        Asked(InService(model="m").begins(1, watched_until=SOON), Versions())()
    first = replace(InService(model="m").begins(1, watched_until=SOON), share=100)
    assert Asked(first, Versions())() == OLD


@pytest.mark.parametrize("error", [said(500), said(503), MISSING, THROTTLED, HANGS, said(422)])
def test_what_a_version_on_its_way_in_does_not_answer_the_other_one_does_and_it_counts(
    error: Exception,
) -> None:
    versions = Versions(v2=error)
    asked = Asked(shifted(100), versions)
    assert asked() == OLD
    assert versions.asked == [NEW, OLD]
    assert asked.errors == 1
    assert asked.told[0].startswith("tidegate-laptop-m: ")


@pytest.mark.parametrize(
    ("error", "counts"),
    [(said(500), 1), (MISSING, 1), (HANGS, 1), (THROTTLED, 0), (STARTING, 0), (said(422), 0), (said(413), 0)],
)
def test_what_the_version_in_service_does_not_answer_the_caller_hears(error: Exception, counts: int) -> None:
    versions = Versions(v1=error)
    asked = Asked(FIRST, versions)
    with pytest.raises(type(error)):
        asked()
    assert versions.asked == [OLD]
    assert asked.errors == counts


def test_a_request_that_both_versions_refuse_is_the_callers_fault() -> None:
    refused = Asked(shifted(100), Versions(v1=said(422), v2=said(422)))
    with pytest.raises(ClientError):
        refused()
    assert refused.errors == 0
    broken = Asked(shifted(100), Versions(v1=said(500), v2=said(422)))
    with pytest.raises(ClientError) as heard:
        broken()
    assert heard.value.response["OriginalStatusCode"] == 500  # type: ignore[typeddict-item]


def test_every_request_is_told_once() -> None:
    asked = Asked(shifted(50), Versions(v2=said(500)))
    for _ in range(100):
        assert asked() == OLD
    assert len(asked.told) == 100
    assert 35 < asked.errors < 65


def test_a_shadow_gets_copies_of_its_share_and_no_caller_its_answers() -> None:
    asked = Asked(shifted(0, copies=50), Versions())
    assert {asked() for _ in range(200)} == {OLD}
    assert set(asked.copied) == {NEW}
    assert 70 < len(asked.copied) < 130


def test_nobody_waits_for_a_copy_that_is_not_taken() -> None:
    taken = threading.Event()
    asked = Asked(shifted(0, copies=100), Versions(), lambda _endpoint, _body: taken.wait(30) and None)
    assert asked() == OLD
    assert not taken.is_set()
    taken.set()


def test_the_record_is_read_once_in_a_while_and_what_cannot_be_read_stays() -> None:
    now, reads = [0.0], []

    def read(model: str) -> InService:
        reads.append(model)
        if len(reads) == 3:
            raise THROTTLED
        return shifted(len(reads))

    kept = Kept(read, read, lambda: now[0])
    assert [kept.of("m").share, kept.of("m").share] == [1, 1]
    now[0] += KEPT_SECONDS
    assert kept.of("m").share == 2
    now[0] += KEPT_SECONDS
    assert kept.of("m").share == 2  # it could not be read
    now[0] += KEPT_SECONDS
    assert kept.of("m").share == 4


def test_a_record_that_was_never_read_is_missing() -> None:
    def read(_model: str) -> InService:
        raise THROTTLED

    with pytest.raises(ClientError):
        Kept(read, read, lambda: 0.0).of("m")


def test_there_is_more_time_for_a_record_of_which_nothing_is_known() -> None:
    now, reads = [0.0], []

    def patient(_model: str) -> InService:
        reads.append("patient")
        return FIRST

    def quick(_model: str) -> InService:
        reads.append("quick")
        raise HANGS

    kept = Kept(patient, quick, lambda: now[0])
    for _ in range(3):
        assert kept.of("m") == FIRST
        now[0] += KEPT_SECONDS
    assert reads == ["patient", "quick", "quick"]
