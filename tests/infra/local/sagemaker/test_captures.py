"""Data capture: JSON lines in S3, in AWS's format, off the way of the answer."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


def capture(modes: list[str], percentage: int = 100, **more: Any) -> dict[str, Any]:
    return {
        "InitialSamplingPercentage": percentage,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"],
            "JsonContentTypes": ["application/json"],
        },
        **more,
    }


def captured(sage: Sage, endpoint: str) -> list[tuple[str, dict[str, Any]]]:
    """Every captured event of an endpoint, with the key of its file."""
    s3 = sage.client("s3")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"captured/{endpoint}/").get("Contents", [])
    return [
        (each["Key"], json.loads(line))
        for each in found
        for line in s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read().splitlines()
    ]


def served(sage: Sage, name: str, config: dict[str, Any]) -> str:
    variant = sage.variant(sage.bare_model(name, "0.5"))
    return sage.serve(name, sage.config(name, [variant], DataCaptureConfig=config))


def test_a_call_is_captured_as_aws_writes_it(sage: Sage) -> None:
    name = served(sage, "cap-both", capture(["Input", "Output"]))
    sage.ask(name, b"1,2", ContentType="text/csv", InferenceId="i7", CustomAttributes="a=1")
    ((key, event),) = eventually(lambda: captured(sage, name))
    file = r"captured/cap-both/all/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl"
    assert re.fullmatch(file, key)
    assert event["captureData"] == {
        "endpointInput": {
            "observedContentType": "text/csv",
            "mode": "INPUT",
            "data": "1,2",
            "encoding": "CSV",
        },
        "endpointOutput": {
            "observedContentType": "text/plain",
            "mode": "OUTPUT",
            "data": base64.b64encode(b"0.5").decode(),
            "encoding": "BASE64",
        },
    }
    told = event["eventMetadata"]
    assert uuid.UUID(told.pop("eventId"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told.pop("inferenceTime"))
    assert told == {"inferenceId": "i7", "customAttributes": ["a=1"]}
    assert event["eventVersion"] == "0"
    shown = sage.client("sagemaker").describe_endpoint(EndpointName=name)["DataCaptureConfig"]
    assert (shown["CaptureStatus"], shown["CurrentSamplingPercentage"]) == ("Started", 100)


def test_only_the_wanted_side_and_share_is_captured(sage: Sage) -> None:
    one = served(sage, "cap-input", capture(["Input"]))
    none = served(sage, "cap-none", capture(["InputAndOutput"], percentage=0))
    sage.ask(none, b"{}", ContentType="application/json")
    sage.ask(one, b'{"a": 1}', ContentType="application/json; charset=utf-8")
    ((_, event),) = eventually(lambda: captured(sage, one))
    (side,) = event["captureData"].values()
    assert (side["mode"], side["encoding"], side["data"]) == ("INPUT", "JSON", '{"a": 1}')
    assert "inferenceId" not in event["eventMetadata"]
    assert captured(sage, none) == []


def test_captures_that_cannot_be_written_do_not_hold_up_answers(sage: Sage) -> None:
    lost = capture(["Input"], DestinationS3Uri="s3://nobody-has-this-bucket/captured")
    name = served(sage, "cap-lost", lost)
    assert all(sage.ask(name, b"x" * 100_000)["Body"] == b"0.5" for _ in range(20))


def test_a_destination_outside_s3_is_refused_by_name(sage: Sage) -> None:
    config = capture(["Input"], DestinationS3Uri="https://art/captured")
    variant = sage.variant(sage.bare_model("cap-https", "0.5"))
    with pytest.raises(ClientError, match="DestinationS3Uri https://art/captured"):
        sage.config("cap-https", [variant], DataCaptureConfig=config)
