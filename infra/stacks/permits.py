"""Permissions that several are granted in the same words; the stacks say who gets which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws

if TYPE_CHECKING:
    from infra.parts.grantee import Grantee
    from infra.parts.store import Store
    from infra.stacks.lake import LakeStack


def read(who: Grantee, purpose: str, store: Store, *prefixes: str) -> None:
    """Read objects under these prefixes."""
    who.may(purpose, ["s3:GetObject"], [store.keys(prefix) for prefix in prefixes])


def read_landed(who: Grantee, purpose: str, lake: LakeStack) -> None:
    """Read a version of what landed; never just the newest, which may be another file."""
    who.may(purpose, ["s3:GetObjectVersion"], [lake.landing.keys("")])


def keep_originals(who: Grantee, lake: LakeStack) -> None:
    """Copy what landed with its tags: S3 refuses to copy a tagged object for who may not."""
    who.may("ReadTagsOfTheOriginal", ["s3:GetObjectVersionTagging"], [lake.landing.keys("")])
    who.may("KeepTagsOfTheOriginal", ["s3:PutObjectTagging"], [lake.quarantine.keys("files/")])


def write(who: Grantee, purpose: str, store: Store, *prefixes: str) -> None:
    """Write objects under these prefixes."""
    who.may(purpose, ["s3:PutObject"], [store.keys(prefix) for prefix in prefixes])


def browse(who: Grantee, purpose: str, store: Store, *prefixes: str) -> None:
    """List objects under these prefixes; else S3 says 403, not 404, of an absent object."""
    who.may(
        purpose,
        ["s3:ListBucket"],
        [store.bucket.bucket_arn],
        # IfExists: to choose between 403 and 404 S3 asks without a prefix
        {"StringLikeIfExists": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def use_key(who: Grantee, lake: LakeStack, *services: str, encrypts: bool = True) -> None:
    """Use the lake's key, through these services alone."""
    via = [f"{service}.{Aws.REGION}.amazonaws.com" for service in services]
    actions = ["kms:Decrypt", "kms:GenerateDataKey"] if encrypts else ["kms:Decrypt"]
    who.may("UseTheKey", actions, [lake.key.key_arn], {"StringEquals": {"kms:ViaService": via}})


def look_beyond(who: Grantee, lake: LakeStack) -> None:
    """Read staged rows, data files and indexes of keys: those that others wrote, and again what one wrote."""
    read(who, "ReadRowsAndKeys", lake.lake, "staging/", "tables/*/data/", "keys/")
    browse(who, "SeeWhetherThereAreKeys", lake.lake, "keys/", "tables/")


def say_facts(who: Grantee, lake: LakeStack) -> None:
    """Publish our facts on our bus."""
    who.may(
        "SayFacts",
        ["events:PutEvents"],
        [lake.bus.event_bus_arn],
        {"StringEquals": {"events:source": "tidegate"}},
    )


def keep_ledger(who: Grantee, lake: LakeStack, *actions: str) -> None:
    """Do these things with the ledger's items."""
    who.may("KeepTheLedger", [f"dynamodb:{action}" for action in actions], [lake.ledger.table_arn])


def read_record(who: Grantee, lake: LakeStack) -> None:
    """Read what the models' records say is in service."""
    who.may("ReadTheRecord", ["dynamodb:GetItem"], [lake.serving.table_arn])
    use_key(who, lake, "dynamodb", encrypts=False)


def keep_record(who: Grantee, lake: LakeStack, *through: str) -> None:
    """Read and replace what the models' records say is in service."""
    actions = ["dynamodb:GetItem", "dynamodb:PutItem"]
    who.may("KeepTheRecord", actions, [lake.serving.table_arn])
    use_key(who, lake, *through, encrypts=False)


def catalogue(who: Grantee, purpose: str, lake: LakeStack, *actions: str) -> None:
    """Do these things with the tables of our database in Glue's catalogue."""
    resources = ["catalog", f"database/{lake.database}", f"table/{lake.database}/*"]
    who.may(purpose, [f"glue:{action}" for action in actions], [lake.arn("glue", name) for name in resources])
