from infra.local.cloud import LocalCloud


def test_the_cloud_fixture_answers(cloud: LocalCloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="probe", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert "probe" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
