"""A store: a private bucket, encrypted, versioned, for TLS alone, whose accesses are logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration, RemovalPolicy, aws_s3
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms

    from infra.environments import Environment


class Store(Construct):
    """The bucket `tidegate-<environment>-<noun>-<account>-<region>`."""

    def __init__(
        self,
        scope: Construct,
        *,
        noun: str,
        environment: Environment,
        key: aws_kms.IKey,
        logs: aws_s3.IBucket,
        announces: bool,
        expires: Sequence[aws_s3.LifecycleRule],
    ) -> None:
        super().__init__(scope, noun.title())
        self.bucket = aws_s3.Bucket(
            self,
            "Bucket",
            bucket_name=physical_name(noun, environment),
            encryption=aws_s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            versioned=True,
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"{noun}/",
            lifecycle_rules=[*expires, _leftovers()],
            removal_policy=RemovalPolicy.RETAIN if environment.keeps_data else RemovalPolicy.DESTROY,
        )
        if announces:
            # The property alone would bring a function of CDK's own; CloudFormation knows the word by itself.
            raw = self.bucket.node.default_child
            assert isinstance(raw, aws_s3.CfnBucket)
            raw.add_property_override(
                "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
            )

    def keys(self, prefix: str) -> str:
        """The ARN of the objects under a prefix."""
        return self.bucket.arn_for_objects(f"{prefix}*")


class AccessLogs(Construct):
    """The bucket that takes the stores' access logs; S3 can deliver them only under its own encryption."""

    def __init__(self, scope: Construct, *, environment: Environment) -> None:
        super().__init__(scope, "AccessLogs")
        self.bucket = aws_s3.Bucket(
            self,
            "Bucket",
            bucket_name=physical_name("access-logs", environment),
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            lifecycle_rules=[aws_s3.LifecycleRule(expiration=Duration.days(90)), _leftovers()],
            removal_policy=RemovalPolicy.RETAIN if environment.keeps_data else RemovalPolicy.DESTROY,
        )


def physical_name(noun: str, environment: Environment) -> str:
    """A bucket's name: unique in the world, since it holds the account and the region."""
    return f"tidegate-{environment.name}-{noun}-{Aws.ACCOUNT_ID}-{Aws.REGION}"


def _leftovers() -> aws_s3.LifecycleRule:
    return aws_s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))
