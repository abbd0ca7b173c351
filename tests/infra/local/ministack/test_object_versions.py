from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.infra.local.ministack.test_delivery import message, queue

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud


def test_an_objects_event_names_its_version_where_the_bucket_keeps_versions(cloud: LocalCloud) -> None:
    url, arn = queue(cloud, "object-versions")
    s3, events = cloud.client("s3"), cloud.client("events")
    s3.create_bucket(Bucket="object-versions", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="object-versions", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(
        Bucket="object-versions", NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["object-versions"]}}}
    events.put_rule(Name="object-versions", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="object-versions", Targets=[{"Id": "1", "Arn": arn}])
    made = s3.put_object(Bucket="object-versions", Key="a", Body=b"1")
    event = json.loads(message(cloud, url)["Body"])
    assert event["detail"]["object"]["version-id"] == made["VersionId"]
