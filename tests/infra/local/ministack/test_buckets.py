from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.infra.local.deploy_template import deploy, reasons, settled

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

KEPT = {
    "Type": "AWS::S3::Bucket",
    "Properties": {
        "BucketName": "kept-well",
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {
                    "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"},
                    "BucketKeyEnabled": True,
                }
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {"Id": "old", "Status": "Enabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 30}},
                {"Status": "Enabled", "Prefix": "athena/", "ExpirationInDays": 7},
            ]
        },
        "LoggingConfiguration": {"DestinationBucketName": "kept-logs", "LogFilePrefix": "kept/"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "Tags": [{"Key": "room", "Value": "lake"}],
    },
    "DependsOn": ["Logs"],
}
LOGS = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "kept-logs"}}


def test_what_a_template_says_of_a_bucket_is_what_the_api_reads_back(cloud: LocalCloud) -> None:
    assert deploy("buckets", {"Kept": KEPT, "Logs": LOGS})["StackStatus"] == "CREATE_COMPLETE"
    s3 = cloud.client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket="kept-well")["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": "key-1",
    }
    old, results = s3.get_bucket_lifecycle_configuration(Bucket="kept-well")["Rules"]
    assert old["NoncurrentVersionExpiration"]["NoncurrentDays"] == 30
    assert (results["Filter"], results["Expiration"]) == ({"Prefix": "athena/"}, {"Days": 7})
    logging = s3.get_bucket_logging(Bucket="kept-well")["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == ("kept-logs", "kept/")
    controls = s3.get_bucket_ownership_controls(Bucket="kept-well")["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert {"Key": "room", "Value": "lake"} in s3.get_bucket_tagging(Bucket="kept-well")["TagSet"]

    less = {
        **KEPT,
        "Properties": {k: v for k, v in KEPT["Properties"].items() if k != "LifecycleConfiguration"},
    }  # type: ignore[attr-defined]
    assert deploy("buckets", {"Kept": less, "Logs": LOGS})["StackStatus"] == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket="kept-well")


def test_a_property_that_is_not_applied_fails_the_stack_by_its_name(cloud: LocalCloud) -> None:
    fast = {
        "Type": "AWS::S3::Bucket",
        "Properties": {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}},
    }
    assert deploy("fast", {"Fast": fast})["StackStatus"].startswith("ROLLBACK")
    assert "AccelerateConfiguration" in reasons("fast")


def test_a_bucket_that_holds_something_is_not_deleted(cloud: LocalCloud) -> None:
    deploy("full", {"Full": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "full-of-it"}}})
    s3 = cloud.client("s3")
    s3.put_object(Bucket="full-of-it", Key="a", Body=b"1")
    cloud.client("cloudformation").delete_stack(StackName="full")
    assert settled("full")["StackStatus"] == "DELETE_FAILED"
    assert "not empty" in reasons("full")
    assert s3.get_object(Bucket="full-of-it", Key="a")["Body"].read() == b"1"


def test_a_bucket_marked_for_it_is_emptied_with_all_versions(cloud: LocalCloud) -> None:
    bucket = {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "BucketName": "emptied-first",
            "VersioningConfiguration": {"Status": "Enabled"},
            "Tags": [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}],
        },
    }
    auto = {
        "Type": "Custom::S3AutoDeleteObjects",
        "Properties": {"ServiceToken": "arn:none", "BucketName": {"Ref": "B"}},
    }
    assert deploy("emptied", {"B": bucket, "Auto": auto})["StackStatus"] == "CREATE_COMPLETE"
    s3 = cloud.client("s3")
    for body in (b"1", b"2"):
        s3.put_object(Bucket="emptied-first", Key="a", Body=body)
    s3.delete_object(Bucket="emptied-first", Key="a")
    cloudformation = cloud.client("cloudformation")
    cloudformation.delete_stack(StackName="emptied")
    cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="emptied", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    assert "emptied-first" not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


def test_a_write_that_names_no_key_takes_the_account_s_own(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="own-key", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="own-key", Key="a", Body=b"x", ServerSideEncryption="aws:kms")
    assert s3.head_object(Bucket="own-key", Key="a")["SSEKMSKeyId"] == "alias/aws/s3"


def test_a_bucket_may_say_that_it_is_private_and_no_more(cloud: LocalCloud) -> None:
    def bucket(access: str) -> dict[str, object]:
        return {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "shy", "AccessControl": access}}

    assert deploy("shy", {"Shy": bucket("Private")})["StackStatus"] == "CREATE_COMPLETE"
    assert deploy("bold", {"Bold": bucket("PublicRead")})["StackStatus"] == "ROLLBACK_COMPLETE"
