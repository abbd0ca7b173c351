"""Where everything lies: buckets, ledger, catalogue, workgroup, bus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import (
    Duration,
    RemovalPolicy,
    aws_athena,
    aws_dynamodb,
    aws_events,
    aws_glue,
    aws_iam,
    aws_kms,
    aws_s3,
    aws_sqs,
)

from infra.parts.store import AccessLogs, Store
from infra.stacks.floor import Floor, Kit
from tidegate.models.captures import CAPTURES
from tidegate.settings import Setting

if TYPE_CHECKING:
    from constructs import Construct

GIGABYTE = 10**9
STAGED_DAYS = 90  # a message lives for 14 days, as long again among the dead letters, and may be sent back
WAITING_INDEX = "waiting"


class LakeStack(Floor):
    """The lake: it holds what the other stacks move."""

    def __init__(self, scope: Construct, *, kit: Kit) -> None:
        super().__init__(scope, noun="lake", description="Tidegate: where everything lies", kit=kit)
        self.key = aws_kms.Key(
            self,
            "Key",
            alias=f"alias/{self.called('data')}",
            description="Encrypts Tidegate's data",
            enable_key_rotation=True,
            removal_policy=self._when_deleted,
        )
        self._make_stores()
        self.ledger = self._table("Ledger", "ledger", "object_id", sort=None)
        self.ledger.add_global_secondary_index(
            index_name=WAITING_INDEX,
            partition_key=_text("waiting_for"),
            sort_key=_text("waiting_since"),
            projection_type=aws_dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.lookups = self._table("Lookups", "lookups", "lookup", sort="at")
        self.serving = self._table("Serving", "serving", "model", sort=None)
        self.vault = self._table("Vault", "vault", "token", sort=None)
        self.personal_key = self._make_personal_key()
        self.database = self._make_database()
        self.workgroup = self._make_workgroup()
        self.bus = aws_events.EventBus(self, "Bus", event_bus_name=self.called("bus"))
        self.undelivered = self._make_undelivered()
        self.settings = self._told()
        self.tells(self.settings)

    def _told(self) -> dict[Setting, str]:
        return {
            Setting.ENVIRONMENT: self.environment_.name,
            Setting.LANDING_BUCKET: self.landing.bucket.bucket_name,
            Setting.LAKE_BUCKET: self.lake.bucket.bucket_name,
            Setting.QUARANTINE_BUCKET: self.quarantine.bucket.bucket_name,
            Setting.ARTEFACT_BUCKET: self.artefact.bucket.bucket_name,
            Setting.LEDGER_TABLE: self.ledger.table_name,
            Setting.LOOKUP_TABLE: self.lookups.table_name,
            Setting.SERVING_TABLE: self.serving.table_name,
            Setting.DATABASE: self.database,
            Setting.WORKGROUP: self.workgroup,
            Setting.BUS: self.bus.event_bus_name,
            Setting.PERSONAL_KEY: self.personal_key.key_arn,
            Setting.VAULT_TABLE: self.vault.table_name,
        }

    @property
    def _when_deleted(self) -> RemovalPolicy:
        return RemovalPolicy.RETAIN if self.environment_.keeps_data else RemovalPolicy.DESTROY

    def _make_personal_key(self) -> aws_kms.IKey:
        """The key that personal values are hashed under: it signs, opens nothing, and never leaves KMS."""
        return aws_kms.Key(
            self,
            "PersonalKey",
            alias=f"alias/{self.called('personal')}",
            description="Personal values are hashed under what it makes",
            key_spec=aws_kms.KeySpec.HMAC_256,
            key_usage=aws_kms.KeyUsage.GENERATE_VERIFY_MAC,
            removal_policy=self._when_deleted,
        )

    def _make_database(self) -> str:
        name = f"tidegate_{self.environment_.name}"
        aws_glue.CfnDatabase(
            self,
            "Database",
            catalog_id=self.account,
            database_input=aws_glue.CfnDatabase.DatabaseInputProperty(
                name=name, description="The tables that Tidegate publishes"
            ),
        )
        return name

    def _make_undelivered(self) -> aws_sqs.IQueue:
        """The queue of what nobody took; other stacks know it by name, as they cannot edit its policy."""
        queue = aws_sqs.Queue(
            self,
            "Undelivered",
            queue_name=self.called("undelivered"),
            encryption=aws_sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        queue.add_to_resource_policy(
            aws_iam.PolicyStatement(
                sid="KeepWhatRulesCannotDeliver",
                principals=[aws_iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnLike": {"aws:SourceArn": self.arn("events", f"rule/*{self.called('*')}")},
                },
            )
        )
        arn = self.arn("sqs", self.called("undelivered"))
        return aws_sqs.Queue.from_queue_arn(self, "UndeliveredByName", arn)

    def _make_stores(self) -> None:
        logs = AccessLogs(self, environment=self.environment_).bucket

        def store(noun: str, *expires: aws_s3.LifecycleRule, announces: bool = False) -> Store:
            return Store(
                self,
                noun=noun,
                environment=self.environment_,
                key=self.key,
                logs=logs,
                announces=announces,
                expires=expires,
            )

        older = aws_s3.LifecycleRule(noncurrent_version_expiration=Duration.days(30))
        self.landing = store("landing", announces=True)
        # Tables are never expired by age: Iceberg says which of their files are no longer needed.
        self.lake = store("lake", _expiring("staging/", STAGED_DAYS), older)
        self.quarantine = store("quarantine")
        self.artefact = store(
            "artefact",
            _expiring("athena/", 7),
            _expiring(f"{CAPTURES}/", self.environment_.capture_days),
            older,
        )

    def _table(self, role: str, noun: str, key: str, *, sort: str | None) -> aws_dynamodb.Table:
        return aws_dynamodb.Table(
            self,
            role,
            table_name=self.called(noun),
            partition_key=_text(key),
            sort_key=_text(sort) if sort else None,
            billing_mode=aws_dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=aws_dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=aws_dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=self._when_deleted,
        )

    def _make_workgroup(self) -> str:
        words = aws_athena.CfnWorkGroup
        encryption = words.EncryptionConfigurationProperty(
            encryption_option="SSE_KMS", kms_key=self.key.key_arn
        )
        results = words.ResultConfigurationProperty(
            output_location=f"s3://{self.artefact.bucket.bucket_name}/athena/",
            encryption_configuration=encryption,
        )
        words(
            self,
            "Workgroup",
            name=self.called("queries"),
            description="Every query of Tidegate: encrypted, and limited in what it scans",
            recursive_delete_option=not self.environment_.keeps_data,
            work_group_configuration=words.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                publish_cloud_watch_metrics_enabled=True,
                bytes_scanned_cutoff_per_query=self.environment_.scan_limit_gb * GIGABYTE,
                engine_version=words.EngineVersionProperty(selected_engine_version="Athena engine version 3"),
                result_configuration=results,
            ),
        )
        return self.called("queries")


def _text(name: str) -> aws_dynamodb.Attribute:
    return aws_dynamodb.Attribute(name=name, type=aws_dynamodb.AttributeType.STRING)


def _expiring(prefix: str, days: int) -> aws_s3.LifecycleRule:
    return aws_s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days))
