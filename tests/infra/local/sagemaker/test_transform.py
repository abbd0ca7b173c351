"""Batch transform jobs, through boto3 and its waiter's states."""

from __future__ import annotations

import gzip
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.selection import parse, select
from infra.local.sagemaker.together import each
from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET, IMAGE, Sage

OVER = ("Completed", "Failed", "Stopped")


@pytest.fixture(scope="module")
def models(sage: Sage) -> Sage:
    """A cloud with a model that counts, one that wraps, one that is slow, and one that cannot be loaded."""
    for name, told in {"counts": {"COUNTS": "1"}, "wraps": {"WRAPS": "1"}, "slow": {"SLEEP": "60"}}.items():
        made(sage, name, told)
    made(sage, "broken", {}, answer="broken")
    sage.put("batch/a.csv", "1,2\n3,4,5\n\n6\n")
    sage.put("batch/deep/b.csv", "7,8,9,10\n")
    return sage


def made(sage: Sage, name: str, told: dict[str, str], answer: str = "any") -> None:
    container = {"Image": IMAGE, "ModelDataUrl": sage.archive(name, answer), "Environment": told}
    sage.client("sagemaker").create_model(
        ModelName=name, ExecutionRoleArn=sage.role, PrimaryContainer=container
    )


def request(name: str, model: str = "counts", key: str = "batch", **more: Any) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{key}"}
    asked: dict[str, Any] = {
        "TransformJobName": name,
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": source},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/told/{name}", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    for member, value in more.items():
        asked[member] = {**asked[member], **value} if member in asked else value
    return asked


def run(sage: Sage, asked: dict[str, Any]) -> dict[str, Any]:
    sagemaker = sage.client("sagemaker")
    sagemaker.create_transform_job(**asked)

    def look() -> dict[str, Any] | None:
        said: dict[str, Any] = sagemaker.describe_transform_job(TransformJobName=asked["TransformJobName"])
        return said if said["TransformJobStatus"] in OVER else None

    said: dict[str, Any] = eventually(look)
    return said


def told(sage: Sage, name: str, relative: str) -> str:
    body = sage.client("s3").get_object(Bucket=BUCKET, Key=f"told/{name}/{relative}.out")["Body"]
    return str(body.read().decode())


def test_each_object_has_its_answers_beside_its_name_and_the_event_tells(models: Sage) -> None:
    heard = models.listen("batches", "SageMaker Transform Job State Change", "TransformJobName", "many")
    job = run(models, request("many"))
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert told(models, "many", "a.csv") == "2,3\n3,3\n1,3\n"  # three records in one request
    assert told(models, "many", "deep/b.csv") == "4,1\n"
    assert [heard()["detail"]["TransformJobStatus"] for _ in range(2)] == ["InProgress", "Completed"]
    logs = models.client("logs").filter_log_events(logGroupName="/aws/sagemaker/TransformJobs")["events"]
    assert "serving" in [event["message"] for event in logs]
    sagemaker = models.client("sagemaker")
    listed = sagemaker.list_transform_jobs(NameContains="many", SortBy="Status")["TransformJobSummaries"]
    assert [entry["TransformJobStatus"] for entry in listed] == ["Completed"]
    later = sagemaker.list_transform_jobs(NameContains="many", LastModifiedTimeAfter=2_000_000_000)
    assert later["TransformJobSummaries"] == []
    sagemaker.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName="many")


def test_single_records_go_one_by_one_several_at_once_and_keep_their_order(models: Sage) -> None:
    job = run(models, request("single", BatchStrategy="SingleRecord", MaxConcurrentTransforms=4))
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert told(models, "single", "a.csv") == "2,1\n3,1\n1,1\n"


def test_a_container_may_say_how_a_batch_is_sent_to_it_and_the_request_prevails(models: Sage) -> None:
    parameters = '{"BatchStrategy": "SingleRecord", "MaxConcurrentTransforms": 2, "MaxPayloadInMB": 1}'
    made(models, "says", {"COUNTS": "1", "PARAMETERS": parameters})
    run(models, request("says", "says"))
    assert told(models, "says", "a.csv") == "2,1\n3,1\n1,1\n"
    run(models, request("overruled", "says", BatchStrategy="MultiRecord"))
    assert told(models, "overruled", "a.csv") == "2,3\n3,3\n1,3\n"


def test_an_object_that_fails_does_not_keep_the_others_from_being_answered(models: Sage) -> None:
    models.put("mixed/a.csv", "client")
    models.put("mixed/b.csv", "1,2,3")
    job = run(models, request("mixed", key="mixed/"))
    assert job["TransformJobStatus"] == "Failed"
    assert "mixed/a.csv: the model answered 422" in job["FailureReason"]
    assert told(models, "mixed", "b.csv") == "3,1\n"


def test_an_unsplit_object_is_one_request_and_may_be_packed(models: Sage) -> None:
    models.client("s3").put_object(Bucket=BUCKET, Key="packed/c.gz", Body=gzip.compress(b"1,2\n3"))
    asked = request("unsplit", key="packed/", TransformInput={"SplitType": "None", "CompressionType": "Gzip"})
    asked["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"] = f"s3://{BUCKET}/packed/"
    asked["TransformOutput"].pop("AssembleWith")
    job = run(models, asked)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert told(models, "unsplit", "c.gz") == "2,2\n1,2"


def test_rows_are_filtered_and_joined_to_their_answers(models: Sage) -> None:
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0, -2]"}
    models.put("rows/a.csv", '1,"x,y"\n2,z,z\n')
    job = run(models, request("rows", key="rows", DataProcessing=processing))
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    # the first column, which the model did not see, and the number of cells that it did see
    assert told(models, "rows", "a.csv") == "1,2\n2,2\n"


def test_json_lines_are_joined_under_awss_names(models: Sage) -> None:
    models.put("lines/a.jsonl", '{"id": 1, "features": [1, 2]}\n{"id": 2, "features": [3]}\n')
    asked = request(
        "lines",
        "wraps",
        "lines",
        TransformInput={"ContentType": "application/jsonlines"},
        TransformOutput={"Accept": "application/jsonlines"},
        DataProcessing={
            "InputFilter": "$.features",
            "JoinSource": "Input",
            "OutputFilter": "$['id', 'SageMakerOutput']",
        },
    )
    job = run(models, asked)
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    rows = [json.loads(line) for line in told(models, "lines", "a.jsonl").splitlines()]
    assert rows == [{"id": 1, "SageMakerOutput": [[1, 2]]}, {"id": 2, "SageMakerOutput": [[3]]}]


@pytest.mark.parametrize(
    ("body", "said"),
    [("client", "422: no such column"), ("server", "500: broken")],
)
def test_a_model_that_refuses_a_record_fails_the_job_by_its_address(
    models: Sage, body: str, said: str
) -> None:
    models.put(f"bad-{body}/a.csv", body)
    job = run(models, request(f"bad-{body}", key=f"bad-{body}"))
    assert job["TransformJobStatus"] == "Failed"
    assert f"s3://{BUCKET}/bad-{body}/a.csv: the model answered {said}" in job["FailureReason"]


def test_a_container_that_does_not_come_up_fails_the_job_with_its_words(models: Sage) -> None:
    job = run(models, request("unloaded", "broken"))
    assert "did not pass the ping health check" in job["FailureReason"]
    assert "cannot be loaded" in job["FailureReason"]


def test_a_record_larger_than_the_payload_fails_the_job(models: Sage) -> None:
    models.put("large/a.csv", "1" * 1_200_000)
    job = run(models, request("large", key="large", MaxPayloadInMB=1))
    assert "larger than MaxPayloadInMB" in job["FailureReason"]


def test_a_job_can_be_stopped(models: Sage) -> None:
    sagemaker = models.client("sagemaker")
    sagemaker.create_transform_job(**request("stopped", "slow"))
    eventually(lambda: "TransformStartTime" in sagemaker.describe_transform_job(TransformJobName="stopped"))
    sagemaker.stop_transform_job(TransformJobName="stopped")
    eventually(
        lambda: (
            sagemaker.describe_transform_job(TransformJobName="stopped")["TransformJobStatus"] == "Stopped"
        )
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"TransformInput": {"SplitType": "TFRecord"}}, "SplitType TFRecord is not implemented"),
        ({"TransformResources": {"InstanceCount": 2}}, "more than one instance is not implemented"),
        ({"DataCaptureConfig": {"DestinationS3Uri": "s3://art/c"}}, "DataCaptureConfig.* is not implemented"),
        ({"DataProcessing": {"InputFilter": "$[?(@.x > 1)]"}}, "is not implemented"),
        ({"MaxConcurrentTransforms": 20}, "must not exceed 100 MB"),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "TransformInput": {"ContentType": "image/png"}},
            "for Cont",
        ),
        ({"ModelName": "unknown"}, "Could not find model"),
    ],
)
def test_what_is_not_done_or_does_not_fit_is_refused(models: Sage, more: dict[str, Any], said: str) -> None:
    asked = request("refused")
    for member, value in more.items():
        asked[member] = {**asked[member], **value} if isinstance(asked.get(member), dict) else value
    with pytest.raises(ClientError, match=said):
        models.client("sagemaker").create_transform_job(**asked)


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("$", {"a": [1, 2, 3], "b c": {"d": 4}}),
        ("$.a", [1, 2, 3]),
        ("$['b c'].d", 4),
        ("$.a[1]", 2),
        ("$.a[0,-1]", [1, 3]),
        ("$.a[:-1]", [1, 2]),
        ("$['a','b c']", {"a": [1, 2, 3], "b c": {"d": 4}}),
    ],
)
def test_the_expressions_of_the_documentation_select(expression: str, found: Any) -> None:
    assert select(parse(expression), {"a": [1, 2, 3], "b c": {"d": 4}}) == found


@pytest.mark.parametrize("expression", ["a", "$..a", "$.*", "$[?(@.a)]", "$[0"])
def test_more_of_jsonpath_is_refused(expression: str) -> None:
    with pytest.raises(ApiError, match="is not implemented"):
        parse(expression)


def test_calls_run_at_the_same_time_in_their_order_and_the_first_error_is_raised() -> None:
    meeting = threading.Barrier(3, timeout=20)

    def call(number: int) -> int:
        meeting.wait()  # passes only if three calls are under way
        return number * 10

    assert each(call, range(6), 3) == [0, 10, 20, 30, 40, 50]

    def refuse(number: int) -> int:
        raise ValueError(f"not {number}")

    with pytest.raises(ValueError, match="not 7"):
        each(refuse, [7], 2)
