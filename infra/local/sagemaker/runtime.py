"""InvokeEndpoint, whole and as a stream: the call goes to a container as AWS sends it, and its answer out."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from infra.local.sagemaker import eventstream, invocations
from infra.local.sagemaker.captures import Captures
from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.instance import UnhealthyError
from infra.local.sagemaker.serverless import ServerlessSeat
from infra.local.sagemaker.wirepool import Answer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.endpoints import Endpoints
    from infra.local.sagemaker.instance import Instance
    from infra.local.sagemaker.traffic import Traffic
    from infra.local.sagemaker.wirepool import Streamed

MOST_BYTES = 6 * 1024 * 1024
MOST_BYTES_SERVERLESS = 4 * 1024 * 1024
ANSWER_SECONDS = 60.0
STREAM_SECONDS = 480.0
READY_SECONDS = 30.0  # how long a call waits for an endpoint that comes back after a restart
BROKEN = (TimeoutError, OSError, EOFError, ValueError, asyncio.LimitOverrunError)


class Stream:
    """The body of an answer that is sent as it comes; `close` ends the call, however far it got."""

    def __init__(self, frames: AsyncIterator[bytes], close: Callable[[], None]) -> None:
        self.frames = frames
        self.close = close


Response = tuple[int, dict[str, str], bytes | Stream]


class Runtime:
    """The calls of SageMaker's runtime API that wait for their answer."""

    def __init__(self, parts: Parts, endpoints: Endpoints) -> None:
        self.parts = parts
        self.captures = Captures(parts.cloud)
        self._endpoints = endpoints
        self._copies: set[asyncio.Task[None]] = set()

    async def invoke(self, name: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one InvokeEndpoint; `headers` are in lower case.

        Raises:
            ApiError: ValidationError, ModelError or what is not done here.
        """
        with ExitStack() as stack:
            call = await self._enter(stack, name, headers, body)
            instance = await self._instance(call)
            sent = time.perf_counter()
            answer = await _ask(instance, call)
            invocations.measure(self.parts, call, answer.status, sent)
            if not 200 <= answer.status < 300:
                raise invocations.model_error(self.parts, name, answer)
            self._capture(call, answer)
            return 200, invocations.returned(answer.headers, call.seat.variant), answer.body

    async def stream(self, name: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Answer one InvokeEndpointWithResponseStream.

        Raises:
            ApiError: as for `invoke`; what goes wrong later is said in the stream.
        """
        with ExitStack() as stack:
            call = await self._enter(stack, name, headers, body)
            instance = await self._instance(call)
            sent = time.perf_counter()
            answer = await _open(instance, call)
            stack.callback(lambda: invocations.measure(self.parts, call, answer.status, sent))
            if isinstance(answer, Answer):
                raise invocations.model_error(self.parts, name, answer)
            stack.callback(answer.close)
            said = invocations.returned(answer.headers, call.seat.variant, "X-Amzn-SageMaker-Content-Type")
            said["Content-Type"] = eventstream.CONTENT_TYPE
            return 200, said, Stream(self._frames(call, answer), stack.pop_all().close)

    async def _frames(self, call: invocations.Call, answer: Streamed) -> AsyncIterator[bytes]:
        heard = []
        try:
            async with asyncio.timeout(STREAM_SECONDS):
                async for piece in answer.pieces():
                    heard.append(piece)
                    yield eventstream.parts(piece)
        except TimeoutError:
            said = f"The model did not finish its response within {STREAM_SECONDS:g} seconds"
            yield eventstream.failure(
                "ModelStreamError", Message=said, ErrorCode="ModelInvocationTimeExceeded"
            )
        except (OSError, EOFError) as error:
            said = f"The container primary broke off its response: {error}"
            yield eventstream.failure("ModelStreamError", Message=said, ErrorCode="StreamBroken")
        except ValueError as error:
            yield eventstream.failure("InternalStreamFailure", Message=f"The response is no HTTP: {error}")
        else:
            self._capture(call, Answer(answer.status, answer.headers, b"".join(heard)))

    async def _enter(
        self, stack: ExitStack, name: str, headers: Mapping[str, str], body: bytes
    ) -> invocations.Call:
        """The call at its place, which it has until the stack is closed."""
        invocations.check(headers, body, MOST_BYTES)
        traffic = await self._find(name)
        if traffic.live and "AsyncInferenceConfig" in traffic.live.config:
            raise invocations.refused(f"Endpoint {name} is asynchronous: call InvokeEndpointAsync")
        wanted = headers.get(invocations.VARIANT, "")
        found = stack.enter_context(traffic.call(wanted))
        if found is None:
            if wanted and traffic.live:
                raise invocations.refused(f"Variant {wanted} does not exist on endpoint {name}")
            raise invocations.missing(self.parts, name)
        fleet, seat = found
        if isinstance(seat, ServerlessSeat):
            invocations.check(headers, body, MOST_BYTES_SERVERLESS)
        if shadow := fleet.claim_shadow():
            copy = asyncio.create_task(self._copy(invocations.Call(name, fleet, shadow, headers, body)))
            self._copies.add(copy)
            copy.add_done_callback(self._copies.discard)
        return invocations.Call(name, fleet, seat, headers, body)

    async def _copy(self, call: invocations.Call) -> None:
        """Ask the shadow the same; nobody waits for its answer."""
        try:
            answer = await _ask(await call.seat.instance(), call)
            invocations.measure(self.parts, call, answer.status, call.arrived)
            if 200 <= answer.status < 300:
                self._capture(call, answer)
        finally:
            call.seat.leave()

    def _capture(self, call: invocations.Call, answer: Answer) -> None:
        exchange = invocations.exchange(call, answer)
        self.captures.take(call.fleet.config, call.fleet.role, call.endpoint, call.seat.variant, exchange)

    async def _find(self, name: str) -> Traffic:
        endpoint = self.parts.store.find("endpoint", name)
        traffic = self._endpoints.traffic.get(name)
        if endpoint is None or traffic is None:
            raise invocations.missing(self.parts, name)
        if not traffic.ready.is_set():
            if endpoint["EndpointStatus"] != "SystemUpdating":
                raise invocations.missing(self.parts, name)
            deadline = time.monotonic() + READY_SECONDS
            while not traffic.ready.is_set() and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
        return traffic

    async def _instance(self, call: invocations.Call) -> Instance:
        seat = call.seat
        try:
            instance = await seat.instance()
        except UnhealthyError as error:
            raise ApiError("ModelNotReadyException", str(error), 429) from error
        if isinstance(seat, ServerlessSeat) and seat.setup_seconds is not None:
            took = round(seat.setup_seconds * 1e6, -1)
            self.parts.outbox.value("ModelSetupTime", call.endpoint, seat.variant, took)
        return instance


async def _ask(instance: Instance, call: invocations.Call) -> Answer:
    """The container's answer; of status 0 where there is none."""
    sent = invocations.passed_on(call.headers)
    try:
        return await asyncio.wait_for(instance.pool.post("/invocations", sent, call.body), ANSWER_SECONDS)
    except BROKEN as error:
        return _none(error)


async def _open(instance: Instance, call: invocations.Call) -> Streamed | Answer:
    """The container's answer while it comes; whole, where it is an error."""
    sent = invocations.passed_on(call.headers)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            answer = await instance.pool.stream("/invocations", sent, call.body)
            if 200 <= answer.status < 300:
                return answer
            said = b"".join([piece async for piece in answer.pieces()])
            answer.close()
            return Answer(answer.status, answer.headers, said)
    except BROKEN as error:
        return _none(error)


def _none(error: Exception) -> Answer:
    said = "Your invocation timed out while waiting for a response from container primary."
    if not isinstance(error, TimeoutError):
        said = f"The container primary did not answer: {error}"
    return Answer(0, {}, said.encode())
