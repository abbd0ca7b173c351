"""An environment with buckets, a ledger and its settings in SSM, but nothing that works on files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from infra.cli.place import Place
from infra.local.cloud import REGION, LocalCloud
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

SETTINGS = {
    Setting.LANDING_BUCKET: "cli-landing",
    Setting.QUARANTINE_BUCKET: "cli-quarantine",
    Setting.LEDGER_TABLE: "cli-ledger",
    Setting.VAULT_TABLE: "cli-vault",
}


@pytest.fixture(scope="session")
def bare_place(cloud: LocalCloud) -> Place:
    """The environment `cli-tests`."""
    place = Place("cli-tests", cloud)
    for setting, value in SETTINGS.items():
        place.client("ssm").put_parameter(
            Name=f"/tidegate/cli-tests/{setting.parameter}", Value=value, Type="String"
        )
    for bucket in (SETTINGS[Setting.LANDING_BUCKET], SETTINGS[Setting.QUARANTINE_BUCKET]):
        place.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    place.client("s3").put_bucket_versioning(
        Bucket=SETTINGS[Setting.LANDING_BUCKET], VersioningConfiguration={"Status": "Enabled"}
    )
    for setting, key in ((Setting.LEDGER_TABLE, "object_id"), (Setting.VAULT_TABLE, "token")):
        place.client("dynamodb").create_table(
            TableName=SETTINGS[setting],
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    return place
