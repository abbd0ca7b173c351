"""How files become rows: queues, the functions that empty them, the tables, and the look for lost events."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from aws_cdk import CustomResource

from infra.flow import FLOW
from infra.parts.clock import Clock
from infra.parts.line import Line
from infra.stacks import permits
from infra.stacks.floor import Floor, Kit
from infra.stacks.listening import listens
from infra.stacks.patterns import pattern
from infra.triggers import Landed
from tidegate.settings import Setting

if TYPE_CHECKING:
    from constructs import Construct

    from infra.parts.worker import Worker
    from infra.stacks.lake import LakeStack

MESSAGES_AT_ONCE = 1  # a message is a file: each gets the function's whole time and memory
DOORBELLS_AT_ONCE = 10  # a message to `publish` only says that something waits
PUBLISHERS = 2  # the least that Lambda allows; a table's lease lets one of them commit


class IngestStack(Floor):
    """Ingest: a file lands, and its rows are in the table or in quarantine."""

    def __init__(self, scope: Construct, *, kit: Kit, lake: LakeStack) -> None:
        super().__init__(scope, noun="ingest", description="Tidegate: how files become rows", kit=kit)
        self.lines: dict[str, Line] = {}
        validate = self.worker("validate", lake.settings)
        transform = self.worker("transform", lake.settings)
        publish = self.worker("publish", lake.settings)
        refresh = self.worker("refresh", lake.settings)
        reconcile = self.worker("reconcile", lake.settings)
        evolve = self.worker("evolve", lake.settings)
        self.workers = (validate, transform, publish, refresh, reconcile, evolve)

        self._feed(validate, lake, at_once=self.environment_.files_at_once, messages=MESSAGES_AT_ONCE)
        self._feed(transform, lake, at_once=self.environment_.files_at_once, messages=MESSAGES_AT_ONCE)
        self._feed(publish, lake, at_once=PUBLISHERS, messages=DOORBELLS_AT_ONCE)
        listens(self, refresh, lake)
        clock = Clock(self, name="reconciles", environment=self.environment_, undelivered=lake.undelivered)
        clock.strikes("Reconcile", reconcile, expression=self.environment_.reconciles, says={})

        self._allow_validate(validate, lake)
        self._allow_transform(transform, lake)
        self._allow_publish(publish, lake)
        self._allow_refresh(refresh, lake)
        self._allow_reconcile(reconcile, lake)
        self._allow_evolve(evolve, lake)
        self._make_tables(evolve, lake)
        self.tells(
            {
                Setting.LANDED_QUEUE_URL: self.lines["landed"].queue.queue_url,
                Setting.TRANSFORM_QUEUE_URL: self.lines["transform"].queue.queue_url,
                Setting.PUBLISH_QUEUE_URL: self.lines["publish"].queue.queue_url,
            }
        )

    def _feed(self, worker: Worker, lake: LakeStack, *, at_once: int, messages: int) -> None:
        """A line for all datasets, and one for each that must not wait for others."""
        queue = FLOW[worker.verb].queue
        assert queue is not None, f"the flow gives {worker.verb} no queue"
        apart = [name for name, dataset in self.kit.plan.datasets.items() if dataset.own_queue]
        lines = []
        for lane in ("", *apart):
            name = f"{queue.name}-{lane}" if lane else queue.name
            line = Line(self, name=name, environment=self.environment_, timeout=worker.row.timeout)
            for event in queue.holds:
                said = "ObjectCreated" if isinstance(event, Landed) else event.fact.name()
                matches = pattern(
                    event, plan=self.kit.plan, bucket=lake.landing.bucket.bucket_name, lane=lane
                )
                assert matches is not None, f"nothing can ever reach the queue {name}"
                bus = None if isinstance(event, Landed) else lake.bus  # S3 speaks on the default bus
                line.filled_by(said, bus=bus, pattern=matches, undelivered=lake.undelivered)
            line.emptied_by(worker, at_once=at_once, messages=messages)
            self.lines[name] = line
            lines.append(line)
        worker.may(
            "TakeMessages",
            ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
            [line.queue.queue_arn for line in lines],
        )

    def _allow_validate(self, validate: Worker, lake: LakeStack) -> None:
        permits.read_landed(validate, "ReadWhatLanded", lake)
        permits.read(validate, "ReadWhatIsJudgedAgain", lake.quarantine, "rows/", "files/")
        validate.may("ListVersionsOfWhatLanded", ["s3:ListBucketVersions"], [lake.landing.bucket.bucket_arn])
        permits.write(validate, "WriteGoodRows", lake.lake, "staging/", "tables/*/data/", "keys/")
        permits.look_beyond(validate, lake)
        permits.write(validate, "QuarantineTheRest", lake.quarantine, "rows/", "files/")
        permits.keep_originals(validate, lake)
        permits.use_key(validate, lake, "s3", "dynamodb")
        permits.keep_ledger(validate, lake, "PutItem", "UpdateItem", "BatchGetItem")
        permits.say_facts(validate, lake)
        validate.may("DisguisePersonalValues", ["kms:GenerateMac"], [lake.personal_key.key_arn])
        validate.may("KeepWhatTokensStandFor", ["dynamodb:BatchWriteItem"], [lake.vault.table_arn])

    def _allow_transform(self, transform: Worker, lake: LakeStack) -> None:
        permits.read_landed(transform, "KeepTheOriginal", lake)
        transform.may("ListVersionsOfWhatLanded", ["s3:ListBucketVersions"], [lake.landing.bucket.bucket_arn])
        permits.write(transform, "WriteDataFiles", lake.lake, "staging/", "tables/*/data/", "keys/")
        permits.look_beyond(transform, lake)
        permits.write(transform, "QuarantineTheRest", lake.quarantine, "rows/", "files/")
        permits.keep_originals(transform, lake)
        permits.use_key(transform, lake, "s3", "dynamodb")
        permits.keep_ledger(transform, lake, "UpdateItem", "BatchGetItem")
        permits.say_facts(transform, lake)

    def _allow_publish(self, publish: Worker, lake: LakeStack) -> None:
        permits.read(publish, "ReadWhatWaits", lake.lake, "staging/", "tables/")
        publish.may("ListVersionsOfWhatLanded", ["s3:ListBucketVersions"], [lake.landing.bucket.bucket_arn])
        permits.write(publish, "WriteMetadata", lake.lake, "tables/*/metadata/")
        publish.may("RemoveOldMetadata", ["s3:DeleteObject"], [lake.lake.keys("tables/*/metadata/")])
        permits.browse(publish, "SeeWhetherMetadataExists", lake.lake, "tables/")
        permits.catalogue(publish, "CommitTables", lake, "GetDatabase", "GetTable", "UpdateTable")
        permits.use_key(publish, lake, "s3", "dynamodb")
        permits.keep_ledger(publish, lake, "UpdateItem", "BatchGetItem")
        publish.may("SeeWhatWaits", ["dynamodb:Query"], [f"{lake.ledger.table_arn}/index/waiting"])
        permits.say_facts(publish, lake)

    def _allow_refresh(self, refresh: Worker, lake: LakeStack) -> None:
        permits.read(refresh, "ReadDataFiles", lake.lake, "staging/", "tables/*/data/")
        refresh.may("WriteLookups", ["dynamodb:BatchWriteItem", "dynamodb:PutItem"], [lake.lookups.table_arn])
        permits.use_key(refresh, lake, "s3", "dynamodb", encrypts=False)

    def _allow_reconcile(self, reconcile: Worker, lake: LakeStack) -> None:
        reconcile.may("ListWhatLanded", ["s3:ListBucketVersions"], [lake.landing.bucket.bucket_arn])
        permits.keep_ledger(reconcile, lake, "BatchGetItem", "GetItem", "PutItem")
        permits.use_key(reconcile, lake, "dynamodb", encrypts=False)
        permits.say_facts(reconcile, lake)

    def _allow_evolve(self, evolve: Worker, lake: LakeStack) -> None:
        permits.read(evolve, "ReadMetadata", lake.lake, "tables/*/metadata/")
        permits.write(evolve, "WriteMetadata", lake.lake, "tables/*/metadata/")
        permits.browse(evolve, "SeeWhetherMetadataExists", lake.lake, "tables/")
        permits.catalogue(evolve, "MakeTables", lake, "GetDatabase", "GetTable", "CreateTable", "UpdateTable")
        permits.use_key(evolve, lake, "s3")

    def _make_tables(self, evolve: Worker, lake: LakeStack) -> None:
        for name, dataset in self.kit.plan.datasets.items():
            table = CustomResource(
                self,
                f"Table{name.title().replace('_', '')}",
                service_token=evolve.function.function_arn,
                resource_type="Custom::TidegateTable",
                properties={
                    "spec": json.dumps(asdict(dataset.table), sort_keys=True),
                    "database": lake.database,
                    "location": f"s3://{lake.lake.bucket.bucket_name}/tables/{name}",
                },
            )
            table.node.add_dependency(evolve.policy)
