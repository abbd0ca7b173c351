"""Our own weighted front: a serverless model's requests are shared out among endpoints of its versions.

SageMaker gives serverless endpoints no variants, weights, guardrails or shadows. So each version has an
endpoint of its own, the model's record says what share of the requests each of them answers, and this
chooses by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tidegate.errors import NotFound
from tidegate.models.run import resource_name, version_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.models.in_service import InService

KEPT_SECONDS = 1.0  # a shift reaches every request after so long, at one read of the record a second
COPY_SECONDS = 0.05  # that an answer may wait until its request's copy was handed over
CALLERS_FAULT = (400, 413, 422)
UNAVAILABLE = (BotoCoreError, ClientError)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The endpoints that one request concerns."""

    endpoint: str  # that answers
    rather: str = ""  # that of the version in service, where the first one's version is on its way in
    shadow: str = ""  # that gets a copy


@dataclass
class Kept:
    """What a model's record says, kept for a moment; where it cannot be read `again`, what it last said."""

    read: Callable[[str], InService]  # for the first time, when there is nothing else to go by
    again: Callable[[str], InService]
    clock: Callable[[], float]
    _known: dict[str, tuple[float, InService]] = field(default_factory=dict)

    def of(self, model: str) -> InService:
        """The model's record."""
        at, record = self._known.get(model, (0.0, None))
        if record is not None and self.clock() - at < KEPT_SECONDS:
            return record
        try:
            record = self.again(model) if record else self.read(model)
        except UNAVAILABLE:
            if record is None:
                raise
        self._known[model] = (self.clock(), record)
        return record


@dataclass(frozen=True, kw_only=True)
class Front:
    """The way of a request to a version of its model."""

    environment: str
    runtime: Any
    hasty: Any  # the same for a version on its way in: the caller must have time left for the other one
    after: Any  # the same for the other one, which has the time that is left
    records: Kept
    draw: Callable[[], float]  # chance, from 0 to 1
    tell: Callable[[str, float, str], None]  # the model's endpoint, milliseconds, what failed or nothing
    copy: Callable[[str, bytes], None]  # hand a request over for a shadow's endpoint

    def ask(self, model: str, body: bytes) -> bytes:
        """The answer of a version, chosen by its share.

        A caller never pays for a version on its way in: what it does not answer, or refuses, is asked of the
        version in service, and counted as the new one's error, unless that one finds the request wrong too.

        Raises:
            NotFound: no version of the model is in service.
            ClientError: it refuses the request, or fails.
            BotoCoreError: it cannot be reached.
        """
        chosen = choose(self.records.of(model), self.environment, datetime.now(UTC), self.draw)
        copying = Thread(target=self.copy, args=(chosen.shadow, body), daemon=True) if chosen.shadow else None
        if copying:
            copying.start()
        try:
            return self._answer(model, chosen, body)
        finally:
            if copying:
                copying.join(COPY_SECONDS)

    def _answer(self, model: str, chosen: Chosen, body: bytes) -> bytes:
        began = self.records.clock()
        try:
            answer = invoke(self.hasty if chosen.rather else self.runtime, chosen.endpoint, body)
        except UNAVAILABLE as error:
            return self._otherwise(model, chosen, body, error, self._since(began))
        self._say(model, self._since(began))
        return answer

    def _otherwise(self, model: str, chosen: Chosen, body: bytes, error: Exception, took: float) -> bytes:
        """The answer of the version in service to what the chosen one did not answer."""
        if not chosen.rather:
            self._say(model, took, "" if callers_fault(error) or passing(error) else str(error))
            raise error
        try:
            answer = invoke(self.after, chosen.rather, body)
        except UNAVAILABLE:
            self._say(model, took, "" if callers_fault(error) else str(error))
            raise
        self._say(model, took, str(error))
        return answer

    def _since(self, began: float) -> float:
        return 1000 * (self.records.clock() - began)

    def _say(self, model: str, took: float, failed: str = "") -> None:
        self.tell(resource_name(self.environment, model), took, failed)


def choose(record: InService, environment: str, now: datetime, draw: Callable[[], float]) -> Chosen:
    """Who answers a request, by chance and the record's shares.

    Raises:
        NotFound: no version is in service.
    """
    new, share = record.shifting(now), record.shifted(now)
    if not record.version and not share:
        what = "no version of this model is in service"
        raise NotFound(
            f"the endpoint of {record.model}", what, f"Approve one: tidegate approve {record.model}"
        )
    old, own = record.endpoint(environment), version_name(environment, record.model, new)
    shadow = own if new and 100 * draw() < record.copies else ""
    if 100 * draw() >= share:
        return Chosen(endpoint=old, shadow=shadow)
    return Chosen(endpoint=own, rather=old if record.version else "", shadow=shadow)


def invoke(runtime: Any, endpoint: str, body: bytes) -> bytes:
    """Ask an endpoint."""
    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Body=body or b" ")
    told: bytes = answer["Body"].read()
    return told


def callers_fault(error: Exception) -> bool:
    """Whether the endpoint's container says that the request itself is wrong."""
    told = error.response if isinstance(error, ClientError) else {}
    return told.get("Error", {}).get("Code") == "ModelError" and (
        int(told.get("OriginalStatusCode", 0)) in CALLERS_FAULT
    )


def throttled(error: Exception) -> bool:
    """Whether more was asked at once than the endpoint takes, which is no fault of a version in service."""
    return isinstance(error, ClientError) and "Throttl" in error.response["Error"]["Code"]


def passing(error: Exception) -> bool:
    """Whether an endpoint has no container free for a moment: asked again soon, it answers."""
    starting = isinstance(error, ClientError) and error.response["Error"]["Code"] == "ModelNotReadyException"
    return starting or throttled(error)
