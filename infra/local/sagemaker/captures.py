"""Data capture: what an endpoint was asked and what it answered, as JSON lines in S3, in AWS's format.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html: files lie under
`<destination>/<endpoint>/<variant>/yyyy/mm/dd/hh/`, by the hour (UTC) of the request. A body is base64 unless
the configuration says that its content type is CSV or JSON.
"""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker.faults import ApiError
from tidegate.lake.layout import split_uri

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.cloud import Cloud
    from infra.local.sagemaker.store import Record

_log = logging.getLogger(__name__)
EVERY_SECONDS = 1.0  # AWS says that it may take minutes
MOST_BYTES = 64 << 20  # that wait to be written; what is more is dropped, so that answering goes on
MODES = {"Input": ("Input",), "Output": ("Output",), "InputAndOutput": ("Input", "Output")}


def enabled(config: Record) -> Record | None:
    """The data capture of an endpoint configuration, unless it is switched off."""
    capture: Record | None = config.get("DataCaptureConfig")
    return capture if capture and capture.get("EnableCapture", True) else None


def shown(capture: Record) -> Record:
    """Data capture as an endpoint's description shows it."""
    return {
        "EnableCapture": True,
        "CaptureStatus": "Started",
        "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
        "DestinationS3Uri": capture["DestinationS3Uri"],
        "KmsKeyId": capture.get("KmsKeyId", ""),
    }


@dataclass(frozen=True)
class Exchange:
    """One call: what was asked and what was answered."""

    request: bytes
    request_type: str
    answer: bytes
    answer_type: str
    inference_id: str
    custom_attributes: str
    at: datetime


@dataclass(frozen=True)
class _Place:
    role: str
    uri: str
    endpoint: str
    variant: str
    hour: str
    key_id: str


class Captures:
    """Takes exchanges from any thread, and writes them with a thread of its own."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._lines: dict[_Place, list[bytes]] = defaultdict(list)
        self._bytes = 0
        threading.Thread(target=self._run, name="sagemaker-captures", daemon=True).start()

    def take(self, config: Record, role: str, endpoint: str, variant: str, exchange: Exchange) -> None:
        """Keep an exchange, if it is one of those that the configuration samples."""
        capture = enabled(config)
        if capture is None or random.random() * 100 >= capture["InitialSamplingPercentage"]:  # noqa: S311
            return
        hour = exchange.at.strftime("%Y/%m/%d/%H")
        place = _Place(
            role, capture["DestinationS3Uri"], endpoint, variant, hour, capture.get("KmsKeyId", "")
        )
        line = (json.dumps(_event(capture, exchange)) + "\n").encode()
        with self._lock:
            if self._bytes + len(line) > MOST_BYTES:
                _log.warning("a capture of %s was dropped: too many wait to be written", endpoint)
                return
            self._lines[place].append(line)
            self._bytes += len(line)

    def flush(self) -> None:
        """Write what is there; what S3 does not take is dropped with a warning."""
        from botocore.exceptions import BotoCoreError, ClientError

        with self._writing:
            with self._lock:
                lines, self._lines, self._bytes = self._lines, defaultdict(list), 0
            for place, written in lines.items():
                try:
                    self._write(place, b"".join(written))
                except (ApiError, BotoCoreError, ClientError) as error:
                    _log.warning("captures of %s were not written: %s", place.endpoint, error)

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(EVERY_SECONDS):
            self.flush()

    def _write(self, place: _Place, body: bytes) -> None:
        bucket, prefix = split_uri(place.uri)
        file = f"{datetime.now(UTC):%M-%S-%f}"[:-3] + f"-{uuid.uuid4()}.jsonl"
        parts = (prefix.strip("/"), place.endpoint, place.variant, place.hour, file)
        key = "/".join(part for part in parts if part)
        self._cloud.s3(place.role).put_object(Bucket=bucket, Key=key, Body=body, **encrypted(place.key_id))


def encrypted(key_id: str) -> dict[str, str]:
    """The members of PutObject that encrypt with a key, if one is named."""
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key_id} if key_id else {}


def _event(capture: Record, exchange: Exchange) -> Record:
    modes = {mode for option in capture["CaptureOptions"] for mode in MODES[option["CaptureMode"]]}
    types = capture.get("CaptureContentTypeHeader", {})
    data: Record = {}
    if "Input" in modes:
        data["endpointInput"] = _side("INPUT", exchange.request, exchange.request_type, types)
    if "Output" in modes:
        data["endpointOutput"] = _side("OUTPUT", exchange.answer, exchange.answer_type, types)
    told: Record = {"eventId": str(uuid.uuid4())}
    if exchange.custom_attributes:
        told["customAttributes"] = [exchange.custom_attributes]
    if exchange.inference_id:
        told["inferenceId"] = exchange.inference_id
    told["inferenceTime"] = exchange.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"captureData": data, "eventMetadata": told, "eventVersion": "0"}


def _side(mode: str, body: bytes, content_type: str, types: Mapping[str, Any]) -> Record:
    plain = content_type.partition(";")[0].strip().lower()
    encoding = next(
        (
            name
            for name, member in (("CSV", "CsvContentTypes"), ("JSON", "JsonContentTypes"))
            if plain in [each.lower() for each in types.get(member, [])]
        ),
        "BASE64",
    )
    try:
        data = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode()
    except UnicodeDecodeError:  # not the text that its content type says
        encoding, data = "BASE64", base64.b64encode(body).decode()
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
