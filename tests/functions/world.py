"""A small environment on the local cloud: buckets, ledger, database, bus, a queue that hears all facts."""

from __future__ import annotations

import io
import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import polars as pl

from tidegate import aws, find
from tidegate.lake import tables
from tidegate.lake.ledger import Ledger
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyiceberg.table import Table

    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject

ROOMS = Path(__file__).parent / "rooms"
EVENTS = Path(__file__).parents[1] / "events"


class Context:
    """What Lambda tells a handler of its own call."""

    function_name = "test"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:test"
    aws_request_id = "11111111-2222-3333-4444-555555555555"

    def __init__(self, seconds: float = 60) -> None:
        self.seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass(frozen=True)
class World:
    """The names of one environment, and what a test does in it."""

    name: str

    @cached_property
    def settings(self) -> dict[Setting, str]:
        return {
            Setting.ENVIRONMENT: self.name,
            Setting.LANDING_BUCKET: f"{self.name}-landing",
            Setting.LAKE_BUCKET: f"{self.name}-lake",
            Setting.QUARANTINE_BUCKET: f"{self.name}-quarantine",
            Setting.LEDGER_TABLE: f"{self.name}-ledger",
            Setting.LOOKUP_TABLE: f"{self.name}-lookups",
            Setting.SERVING_TABLE: f"{self.name}-serving",
            Setting.DATABASE: self.name.replace("-", "_"),
            Setting.BUS: f"{self.name}-bus",
            Setting.PERSONAL_KEY: f"alias/{self.name}-personal",
            Setting.VAULT_TABLE: f"{self.name}-vault",
        }

    @property
    def landing(self) -> str:
        return self.settings[Setting.LANDING_BUCKET]

    @property
    def lake(self) -> str:
        return self.settings[Setting.LAKE_BUCKET]

    @property
    def quarantine(self) -> str:
        return self.settings[Setting.QUARANTINE_BUCKET]

    @cached_property
    def s3(self) -> Any:
        return boto3.client("s3")

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.settings[Setting.LEDGER_TABLE])

    def make(self) -> None:
        for bucket in (self.landing, self.lake, self.quarantine):
            self.s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
            )
        self.s3.put_bucket_versioning(Bucket=self.landing, VersioningConfiguration={"Status": "Enabled"})
        self._make_tables()
        self._make_bus()
        self._make_key()
        boto3.client("glue").create_database(DatabaseInput={"Name": self.settings[Setting.DATABASE]})

    def _make_tables(self) -> None:
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName=self.settings[Setting.LEDGER_TABLE],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "object_id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in ("object_id", "waiting_for", "waiting_since")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "waiting",
                    "KeySchema": [
                        {"AttributeName": "waiting_for", "KeyType": "HASH"},
                        {"AttributeName": "waiting_since", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                }
            ],
        )
        dynamodb.create_table(
            TableName=self.settings[Setting.LOOKUP_TABLE],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "lookup", "KeyType": "HASH"},
                {"AttributeName": "at", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "lookup", "AttributeType": "S"},
                {"AttributeName": "at", "AttributeType": "S"},
            ],
        )

        dynamodb.create_table(
            TableName=self.settings[Setting.SERVING_TABLE],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "model", "AttributeType": "S"}],
        )
        dynamodb.create_table(
            TableName=self.settings[Setting.VAULT_TABLE],
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "token", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "token", "AttributeType": "S"}],
        )

    def _make_key(self) -> None:
        kms = boto3.client("kms")
        made = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=self.settings[Setting.PERSONAL_KEY], TargetKeyId=made)

    def _make_bus(self) -> None:
        bus, events, sqs = self.settings[Setting.BUS], boto3.client("events"), boto3.client("sqs")
        events.create_event_bus(Name=bus)
        events.put_rule(Name="all", EventBusName=bus, EventPattern=json.dumps({"source": ["tidegate"]}))
        url = sqs.create_queue(QueueName=f"{self.name}-facts")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
        policy = {"Statement": [{**allowed, "Action": "sqs:SendMessage", "Resource": arn}]}
        sqs.set_queue_attributes(
            QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", **policy})}
        )
        events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])

    def heard(self) -> list[dict[str, Any]]:
        """The events on the bus since the last time."""
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{self.name}-facts")["QueueUrl"]
        events: list[dict[str, Any]] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                events.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return events

    def create_table(self, dataset: str) -> Table:
        spec = plan().dataset(dataset).table
        return tables.create_or_evolve(
            tables.catalog(), self.settings[Setting.DATABASE], f"s3://{self.lake}/tables/{dataset}", spec
        )

    def put(self, key: str, body: bytes) -> dict[str, Any]:
        """Land a file; S3's event of it is returned."""
        put = self.s3.put_object(Bucket=self.landing, Key=key, Body=body)
        event: dict[str, Any] = json.loads((EVENTS / "s3-object-created.json").read_text())
        event["detail"]["bucket"]["name"] = self.landing
        event["detail"]["object"] = {
            "key": key,
            "size": len(body),
            "etag": put["ETag"].strip('"'),
            "version-id": put["VersionId"],
            "sequencer": "00617F08299329D189",
        }
        return event

    def entry(self, event: dict[str, Any]) -> Entry:
        """What the ledger says of the object of an event."""
        from tidegate.lake.landed import landed_from

        return self.ledger.get(landed_from(event).object_id)

    def rows(self, dataset: str) -> pl.DataFrame:
        """The table as any reader sees it, through PyIceberg and pyarrow."""
        found = tables.load(self.reader(), self.settings[Setting.DATABASE], dataset)
        return pl.DataFrame(pl.from_arrow(found.scan().to_arrow()))

    def reader(self) -> Any:
        from pyiceberg.catalog.glue import GlueCatalog

        return GlueCatalog(
            "reader",
            **{
                "s3.endpoint": aws.client("s3").meta.endpoint_url,
                "s3.access-key-id": "test",
                "s3.secret-access-key": "test",
                "s3.region": "eu-west-1",
            },
        )

    def kept(self, key: str) -> pl.DataFrame:
        """One part of the evidence in quarantine."""
        return pl.read_parquet(io.BytesIO(self.s3.get_object(Bucket=self.quarantine, Key=key)["Body"].read()))

    def report(self, address: str) -> dict[str, Any]:
        bucket, _, key = address.removeprefix("s3://").partition("/")
        told: dict[str, Any] = json.loads(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return told


def messages(*events: dict[str, Any]) -> dict[str, Any]:
    """The batch that Lambda hands over when these events waited in a queue."""
    batch: dict[str, Any] = json.loads((EVENTS / "sqs-batch.json").read_text())
    record = batch["Records"][0]
    batch["Records"] = [
        {**record, "messageId": str(uuid.uuid4()), "body": json.dumps(event)} for event in events
    ]
    return batch


@contextmanager
def rooms() -> Iterator[None]:
    """Datasets and models of the tests, in place of the repository's own."""
    import pipelines
    import schemas

    before = (schemas.__path__, pipelines.__path__)
    schemas.__path__, pipelines.__path__ = [str(ROOMS / "schemas")], [str(ROOMS / "pipelines")]
    forget()
    try:
        yield
    finally:
        schemas.__path__, pipelines.__path__ = before
        forget()


def forget() -> None:
    for remembered in (find.datasets, find.models, plan, aws.client):
        remembered.cache_clear()


def landed(event: dict[str, Any]) -> LandedObject:
    """The object of an event."""
    from tidegate.lake.landed import landed_from

    return landed_from(event)
