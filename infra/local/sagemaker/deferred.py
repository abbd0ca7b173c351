"""One asynchronous invocation from its queue to its end: input from S3, the container, its answer to S3, SNS.

https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-check-predictions.html
"""

from __future__ import annotations

import base64
import http.client
import json
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import invocations
from infra.local.sagemaker.captures import encrypted
from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.wirepool import Answer
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.fleet import Fleet
    from infra.local.sagemaker.instance import Instance
    from infra.local.sagemaker.store import Record

_log = logging.getLogger(__name__)
MOST_BYTES = 1 << 30
SUCCESS, ERROR = "SuccessTopic", "ErrorTopic"


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended: with an answer, or for what reason it has none."""

    answer: Answer | None
    reason: str = ""


class Deferred:
    """An invocation that left its queue, and the fleet whose role and configuration it is done with."""

    def __init__(self, parts: Parts, item: Record, fleet: Fleet) -> None:
        self.parts = parts
        self.item = item
        self._role = fleet.role
        self._output: Record = fleet.config["AsyncInferenceConfig"]["OutputConfig"]

    def run(self, instance: Instance) -> None:
        """Ask the container and tell what came of it."""
        began = time.perf_counter()
        variant, endpoint = instance.variant["VariantName"], self.item["EndpointName"]
        outcome = self._ask(instance)
        if outcome.answer:
            took = round((time.perf_counter() - began) * 1e6, -1)
            self.parts.outbox.value("ModelLatency", endpoint, variant, took)
            invocations.measure_errors(self.parts, endpoint, variant, outcome.answer.status)
        self.end(outcome)

    def end(self, outcome: Outcome) -> None:
        """Write the answer or the failure, and notify whoever wants to know."""
        from botocore.exceptions import BotoCoreError, ClientError

        answer = outcome.answer
        good = answer is not None and 200 <= answer.status < 300
        keep, endpoint = self.parts.outbox.value, self.item["EndpointName"]
        keep("InvocationsProcessed", endpoint, "", int(good))
        keep("InvocationFailures", endpoint, "", int(not good))
        place = self.item["OutputLocation"] if good else self.item.get("FailureLocation", "")
        try:
            if place:
                self._write(place, answer or Answer(0, {}, outcome.reason.encode()))
        except (ApiError, BotoCoreError, ClientError) as error:
            _log.warning("an answer of %s was not written to %s: %s", endpoint, place, error)
            good, outcome = False, Outcome(None, f"The response could not be written to {place}: {error}")
        try:
            self._notify(SUCCESS if good else ERROR, outcome)
        except (ApiError, BotoCoreError, ClientError) as error:
            _log.warning("nobody was told of an answer of %s: %s", endpoint, error)

    def _ask(self, instance: Instance) -> Outcome:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            body = self._input()
        except (ApiError, BotoCoreError, ClientError, ValueError) as error:
            return Outcome(
                None, f"ClientError: the input {self.item['InputLocation']} cannot be read: {error}"
            )
        seconds = self.item["InvocationTimeoutSeconds"]
        connection = http.client.HTTPConnection("127.0.0.1", instance.port, timeout=seconds)
        try:
            connection.request("POST", "/invocations", body, invocations.passed_on(self.item["Headers"]))
            said = connection.getresponse()
            headers = {name.lower(): value for name, value in said.getheaders()}
            answer = Answer(said.status, headers, said.read())
        except TimeoutError:
            return Outcome(None, f"The model did not respond within {seconds} seconds")
        except (OSError, http.client.HTTPException) as error:
            return Outcome(None, f"The container primary did not answer: {error}")
        finally:
            connection.close()
        if 200 <= answer.status < 300:
            return Outcome(answer)
        return Outcome(answer, invocations.model_error(self.parts, self.item["EndpointName"], answer).what)

    def _input(self) -> bytes:
        if "Body" in self.item:
            return base64.b64decode(self.item["Body"])
        bucket, key = split_uri(self.item["InputLocation"])
        found = self.parts.cloud.s3(self._role).get_object(Bucket=bucket, Key=key)
        if found["ContentLength"] > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES} bytes")
        read: bytes = found["Body"].read()
        return read

    def _write(self, place: str, answer: Answer) -> None:
        bucket, key = split_uri(place)
        self.parts.cloud.s3(self._role).put_object(
            Bucket=bucket,
            Key=key,
            Body=answer.body,
            ContentType=answer.headers.get("content-type", invocations.BINARY),
            **encrypted(self._output.get("KmsKeyId", "")),
        )

    def _notify(self, topic: str, outcome: Outcome) -> None:
        arn = self._output.get("NotificationConfig", {}).get(topic)
        if not arn:
            return
        asked: dict[str, Any] = {"endpointName": self.item["EndpointName"]}
        if "InputLocation" in self.item:
            asked["inputLocation"] = self.item["InputLocation"]
        if content_type := self.item["Headers"].get(invocations.TYPE):
            asked["contentType"] = content_type
        said: dict[str, Any] = {
            "awsRegion": self.parts.config.region,
            "eventTime": _spelled(time.time()),
            "receivedTime": _spelled(self.item["Received"]),
            "invocationStatus": "Completed" if topic == SUCCESS else "Failed",
            "requestParameters": asked,
            "inferenceId": self.item["InferenceId"],
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
        }
        if topic == SUCCESS and outcome.answer:
            content_type = outcome.answer.headers.get("content-type", invocations.BINARY)
            place = self.item["OutputLocation"]
            said["responseParameters"] = {"contentType": content_type, "outputLocation": place}
        else:
            said["failureReason"] = outcome.reason
        self.parts.cloud.acting(self._role, "sns").publish(TopicArn=arn, Message=json.dumps(said))


def _spelled(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
