"""InvokeEndpointAsync: calls wait in a queue that outlives a restart, until an instance is free for them.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html
"""

from __future__ import annotations

import base64
import json
import threading
import time
import uuid
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING

from infra.local.sagemaker import invocations
from infra.local.sagemaker.deferred import Deferred, Outcome
from infra.local.sagemaker.variant import Seat

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.endpoints import Endpoints
    from infra.local.sagemaker.fleet import Fleet
    from infra.local.sagemaker.runtime import Response
    from infra.local.sagemaker.store import Record

NOUN = "async-invocation"
MOST_INLINE_BYTES = 128_000
TTL_SECONDS = (60, 21_600, 21_600)  # least, most, and what it is when nothing is said
TIMEOUT_SECONDS = (1, 3_600, 900)
LOOK_EVERY_SECONDS = 0.5
PREFIX = "x-amzn-sagemaker-"


class Asynchronous:
    """The queue of all asynchronous endpoints."""

    def __init__(self, parts: Parts, endpoints: Endpoints) -> None:
        self.parts = parts
        self._endpoints = endpoints
        self._wake = threading.Event()
        self._under_way: set[str] = set()
        self._waiting: Counter[str] = Counter()
        threading.Thread(target=self._run, name="sagemaker-async", daemon=True).start()

    async def invoke(self, name: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Take one InvokeEndpointAsync; `headers` are in lower case.

        Raises:
            ApiError: the endpoint is no asynchronous one, or the request breaks a rule.
        """
        invocations.check(headers, body, MOST_INLINE_BYTES)
        config = self._endpoints.serving(name)
        if "AsyncInferenceConfig" not in config:
            raise invocations.refused(f"Endpoint {name} is not asynchronous: call InvokeEndpoint")
        given = headers.get(f"{PREFIX}inputlocation", "")
        if bool(given) == bool(body):
            raise invocations.refused("Provide exactly one of InputLocation and Body")
        if given and not given.startswith("s3://"):
            raise invocations.refused(f"InputLocation {given} is no s3:// address")
        inference_id = headers.get(invocations.INFERENCE_ID) or str(uuid.uuid4())
        item: Record = {
            "Id": str(uuid.uuid4()),
            "EndpointName": name,
            "EndpointCreated": self._endpoints.get(name)["CreationTime"],
            "InferenceId": inference_id,
            "Received": time.time(),
            "Headers": {key: value for key, value in headers.items() if key.startswith(PREFIX)},
            "TTLSeconds": _seconds(headers, "requestttlseconds", TTL_SECONDS),
            "InvocationTimeoutSeconds": _seconds(headers, "invocationtimeoutseconds", TIMEOUT_SECONDS),
            **({"InputLocation": given} if given else {"Body": base64.b64encode(body).decode()}),
            **_places(config["AsyncInferenceConfig"]["OutputConfig"], headers, inference_id),
        }
        self.parts.store.put(NOUN, item["Id"], item)
        self._wake.set()
        said = {"Content-Type": "application/json", "X-Amzn-SageMaker-OutputLocation": item["OutputLocation"]}
        if "FailureLocation" in item:
            said["X-Amzn-SageMaker-FailureLocation"] = item["FailureLocation"]
        return 202, said, json.dumps({"InferenceId": inference_id}).encode()

    def _run(self) -> None:
        while True:
            self._wake.wait(LOOK_EVERY_SECONDS)
            self._wake.clear()
            self._hand_out()

    def _hand_out(self) -> None:
        """Give every invocation that waits to an instance, in its order, as long as one is free."""
        waiting: Counter[str] = Counter()
        for item in self.parts.store.every(NOUN):
            name = item["EndpointName"]
            if item["Id"] in self._under_way or self.parts.store.find(NOUN, item["Id"]) is None:
                continue  # being answered, or answered since this walk began
            endpoint = self.parts.store.find("endpoint", name)
            if endpoint is None or endpoint["CreationTime"] != item["EndpointCreated"]:
                self.parts.store.remove(NOUN, item["Id"])
            elif waiting[name] or not self._begin(item):
                waiting[name] += 1
        for name in waiting.keys() | self._waiting.keys():
            self._tell(name, waiting[name])
        self._waiting = waiting

    def _begin(self, item: Record) -> bool:
        """Have an invocation answered, or ended where it waited too long; False where nothing is free."""
        traffic = self._endpoints.traffic.get(item["EndpointName"])
        if traffic is None or traffic.live is None:
            return False
        call = ExitStack()
        if time.time() > item["Received"] + item["TTLSeconds"] * self.parts.config.time_scale:
            self._start(item, call, traffic.live, None)
            return True
        found = call.enter_context(traffic.call())
        if found is None:
            call.close()
            return False
        fleet, seat = found
        assert isinstance(seat, Seat)
        self._start(item, call, fleet, seat)
        return True

    def _start(self, item: Record, call: ExitStack, fleet: Fleet, seat: Seat | None) -> None:
        self._under_way.add(item["Id"])
        threading.Thread(target=self._end, args=(item, call, fleet, seat), daemon=True).start()

    def _end(self, item: Record, call: ExitStack, fleet: Fleet, seat: Seat | None) -> None:
        deferred = Deferred(self.parts, item, fleet)
        try:
            with call:
                if seat:
                    deferred.run(seat.taken)
                else:
                    self.parts.outbox.value("ExpiredRequests", item["EndpointName"], "", 1)
                    reason = f"The request expired: it waited longer than {item['TTLSeconds']} seconds"
                    deferred.end(Outcome(None, reason))
        finally:
            self.parts.store.remove(NOUN, item["Id"])
            self._under_way.discard(item["Id"])
            self._wake.set()

    def _tell(self, name: str, waiting: int) -> None:
        traffic = self._endpoints.traffic.get(name)
        instances = traffic.live.size if traffic and traffic.live else 0
        keep = self.parts.outbox.value
        keep("ApproximateBacklogSize", name, "", waiting)
        keep("HasBacklogWithoutCapacity", name, "", int(bool(waiting and not instances)))
        if instances:
            keep("ApproximateBacklogSizePerInstance", name, "", round(waiting / instances, 6))


def _seconds(headers: Mapping[str, str], name: str, allowed: tuple[int, int, int]) -> int:
    least, most, otherwise = allowed
    said = headers.get(f"{PREFIX}{name}")
    if said is None:
        return otherwise
    if not said.isdigit() or not least <= int(said) <= most:
        raise invocations.refused(f"{name} must be a number from {least} to {most}, not {said}")
    return int(said)


def _places(output: Record, headers: Mapping[str, str], inference_id: str) -> Record:
    """Where the answer and the failure of a request will lie."""
    extension = headers.get(f"{PREFIX}s3outputpathextension", "").strip("/")
    file = headers.get(f"{PREFIX}filename", "")
    names = {
        "OutputLocation": ("S3OutputPath", file or f"{inference_id}.out"),
        "FailureLocation": ("S3FailurePath", file or f"{inference_id}-error.out"),
    }
    return {
        location: "/".join(part for part in (output[member].rstrip("/"), extension, name) if part)
        for location, (member, name) in names.items()
        if output.get(member)
    }
