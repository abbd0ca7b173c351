"""The data half on LocalStack 4.14: the same templates, from a dropped file to a published table."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local import assembly, deployer, synthesis
from infra.local.cloud import ACCOUNT, REGION, LocalCloud

pytestmark = pytest.mark.localstack

DATABASE = "tidegate_laptop"
PATIENCE = 60.0
AIRLINES = "carrier,name\nUA,United Air Lines Inc.\nB6,JetBlue Airways\n"


@dataclass(frozen=True)
class DataHalf:
    """The lake and ingest stacks, deployed to LocalStack."""

    cloud: LocalCloud

    def client(self, service: str) -> Any:
        return self.cloud.client(service)

    def bucket(self, noun: str) -> str:
        return f"tidegate-laptop-{noun}-{ACCOUNT}-{REGION}"

    def land(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket=self.bucket("landing"), Key=key, Body=body)

    def settled(self, key: str) -> dict[str, str]:
        """The ledger's item of the object `key`, once nothing more will happen to it."""
        deadline = time.monotonic() + PATIENCE
        ledger = self.client("ssm").get_parameter(Name="/tidegate/laptop/ledger_table")["Parameter"]["Value"]
        while True:
            items = self.client("dynamodb").scan(TableName=ledger)["Items"]
            found = [item for item in items if item.get("key", {}).get("S") == key]
            state = found[0]["state"]["S"] if found else "not seen"
            if state in {"published", "partly_published", "quarantined", "ignored"}:
                return {name: next(iter(value.values())) for name, value in found[0].items()}
            assert time.monotonic() < deadline, f"{key} is still {state} after {PATIENCE} s"
            time.sleep(0.5)


def _make_tables(half: DataHalf, template: dict[str, Any]) -> None:
    """Do what CloudFormation would: this LocalStack has neither Glue databases nor custom resources."""
    half.client("glue").create_database(DatabaseInput={"Name": DATABASE})
    answers = half.bucket("artefact")
    for name, resource in template["Resources"].items():
        if resource["Type"] != "Custom::TidegateTable":
            continue
        spec = resource["Properties"]["spec"]
        location = f"s3://{half.bucket('lake')}/tables/{json.loads(spec)['name']}"
        target = {"Bucket": answers, "Key": f"answers/{name}", "ContentType": ""}
        request = {
            "RequestType": "Create",
            "RequestId": name,
            "StackId": "tidegate-laptop-ingest",
            "LogicalResourceId": name,
            "ResponseURL": half.client("s3").generate_presigned_url("put_object", Params=target),
            "ResourceProperties": {"spec": spec, "database": DATABASE, "location": location},
        }
        half.client("lambda").invoke(FunctionName="tidegate-laptop-evolve", Payload=json.dumps(request))
        said = json.load(half.client("s3").get_object(Bucket=answers, Key=f"answers/{name}")["Body"])
        assert said["Status"] == "SUCCESS", said


@pytest.fixture(scope="session")
def half(localstack: str, tmp_path_factory: pytest.TempPathFactory) -> DataHalf:
    """The data half of the templates that go to AWS, deployed."""
    folder = tmp_path_factory.mktemp("assembly")
    synthesis.synthesise(folder)
    cloud = LocalCloud(localstack)
    wanted = ("tidegate-laptop-lake", "tidegate-laptop-ingest")
    deployer.deploy(folder, cloud, only=wanted, cache=tmp_path_factory.mktemp("assets"))
    deployed = DataHalf(cloud)
    ingest = next(plan for plan in assembly.stacks(folder) if plan.name == wanted[1])
    _make_tables(deployed, ingest.template)
    return deployed


def _rows(half: DataHalf, table: str) -> int:
    """The rows of the table's current snapshot, read from its metadata."""
    glue = half.client("glue").get_table(DatabaseName=DATABASE, Name=table)["Table"]
    bucket, _, key = glue["Parameters"]["metadata_location"].removeprefix("s3://").partition("/")
    metadata = json.load(half.client("s3").get_object(Bucket=bucket, Key=key)["Body"])
    current = metadata.get("current-snapshot-id")
    summaries = {one["snapshot-id"]: one["summary"] for one in metadata["snapshots"]}
    return int(summaries[current]["total-records"]) if current in summaries else 0


def test_a_good_file_is_published(half: DataHalf) -> None:
    before = _rows(half, "airlines")
    half.land("airlines/good.csv", AIRLINES.encode())
    item = half.settled("airlines/good.csv")
    assert item["state"] == "published"
    assert _rows(half, "airlines") - before == int(item["good_rows"]) == 2


def test_a_file_with_a_bad_row_is_published_in_part_and_the_row_kept(half: DataHalf) -> None:
    half.land(
        "airlines/one-bad.csv",
        (AIRLINES + ",nameless code\n").replace("UA", "AA").replace("B6", "DL").encode(),
    )
    item = half.settled("airlines/one-bad.csv")
    assert (item["state"], item["good_rows"], item["bad_rows"]) == ("partly_published", "2", "1")


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("airlines/columns.csv", b"x,y\n1,2\n"),
        ("airlines/empty.csv", b""),
        ("nobody/asked.csv", b"a\n1\n"),
    ],
    ids=["other columns", "empty", "no such dataset"],
)
def test_a_bad_file_is_kept_whole(half: DataHalf, key: str, body: bytes) -> None:
    half.land(key, body)
    item = half.settled(key)
    assert item["state"] == "quarantined"
    assert item["reason"]


def test_a_dataset_with_a_step_goes_through_it(half: DataHalf) -> None:
    weather = Path(__file__).parent / "weather.csv"
    half.land("weather/some.csv", weather.read_bytes())
    item = half.settled("weather/some.csv")
    assert item["state"] == "published"
    assert _rows(half, "weather") == 2
