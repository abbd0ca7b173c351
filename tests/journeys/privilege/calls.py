"""How an action is asked for with boto3: the least request on the resource of a recorded decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Callable

Json = dict[str, Any]
Client = Any

_KEY = {"object_id": {"S": "nothing"}}


def _bucket(arn: str) -> Json:
    bucket, _, key = arn.removeprefix("arn:aws:s3:::").partition("/")
    return {"Bucket": bucket, **({"Key": key} if key else {})}


def _name(arn: str) -> str:
    """What follows the kind of the resource."""
    return arn.rsplit(":", 1)[-1].partition("/")[2]


def _table(arn: str) -> Json:
    return {"TableName": _name(arn).partition("/")[0]}


def _glue(arn: str) -> Json:
    database, _, name = _name(arn).partition("/")
    return {"DatabaseName": database, "Name": name}


def _queue(client: Client, arn: str) -> Json:
    return {"QueueUrl": f"{client.meta.endpoint_url}/{ACCOUNT}/{arn.rsplit(':', 1)[-1]}"}


def _fact(client: Client, decision: Json) -> Any:
    source, kind = (decision["context"][f"events:{name}"] for name in ("source", "detail-type"))
    entry = {"Source": source, "DetailType": kind, "Detail": "{}", "EventBusName": decision["resource"]}
    return client.put_events(Entries=[entry])


# fmt: off
CALLS: dict[str, tuple[str, Callable[[Client, Json], Any]]] = {
    "s3:GetObject": ("s3", lambda c, d: c.get_object(**_bucket(d["resource"]))),
    "s3:GetObjectVersion": ("s3", lambda c, d: c.get_object(**_bucket(d["resource"]), VersionId="null")),
    "s3:PutObject": ("s3", lambda c, d: c.put_object(**_bucket(d["resource"]), Body=b"")),
    "s3:DeleteObject": ("s3", lambda c, d: c.delete_object(**_bucket(d["resource"]))),
    "s3:ListBucket": ("s3", lambda c, d: c.list_objects_v2(
        **_bucket(d["resource"]), Prefix=d["context"].get("s3:prefix", ""))),
    "s3:ListBucketVersions": ("s3", lambda c, d: c.list_object_versions(**_bucket(d["resource"]))),
    "dynamodb:PutItem": ("dynamodb", lambda c, d: c.put_item(**_table(d["resource"]), Item=_KEY)),
    "dynamodb:GetItem": ("dynamodb", lambda c, d: c.get_item(**_table(d["resource"]), Key=_KEY)),
    "dynamodb:UpdateItem": ("dynamodb", lambda c, d: c.update_item(**_table(d["resource"]), Key=_KEY)),
    "dynamodb:BatchGetItem": ("dynamodb", lambda c, d: c.batch_get_item(
        RequestItems={_table(d["resource"])["TableName"]: {"Keys": [_KEY]}})),
    "dynamodb:BatchWriteItem": ("dynamodb", lambda c, d: c.batch_write_item(
        RequestItems={_table(d["resource"])["TableName"]: [{"PutRequest": {"Item": _KEY}}]})),
    "dynamodb:Query": ("dynamodb", lambda c, d: c.query(
        **_table(d["resource"]), **({"IndexName": "waiting"} if "/index/" in d["resource"] else {}),
        KeyConditionExpression="a = :a", ExpressionAttributeValues={":a": {"S": "a"}})),
    "glue:GetDatabase": ("glue", lambda c, d: c.get_database(Name=_glue(d["resource"])["DatabaseName"])),
    "glue:GetTable": ("glue", lambda c, d: c.get_table(**_glue(d["resource"]))),
    "glue:CreateTable": ("glue", lambda c, d: c.create_table(
        DatabaseName=_glue(d["resource"])["DatabaseName"],
        TableInput={"Name": _glue(d["resource"])["Name"]})),
    "glue:UpdateTable": ("glue", lambda c, d: c.update_table(
        DatabaseName=_glue(d["resource"])["DatabaseName"],
        TableInput={"Name": _glue(d["resource"])["Name"]})),
    "events:PutEvents": ("events", _fact),
    "sqs:ReceiveMessage": ("sqs", lambda c, d: c.receive_message(**_queue(c, d["resource"]))),
    "sqs:DeleteMessage": ("sqs", lambda c, d: c.delete_message(
        **_queue(c, d["resource"]), ReceiptHandle="none")),
    "sqs:GetQueueAttributes": ("sqs", lambda c, d: c.get_queue_attributes(**_queue(c, d["resource"]))),
    "athena:StartQueryExecution": ("athena", lambda c, d: c.start_query_execution(
        QueryString="SELECT 1", WorkGroup=_name(d["resource"]))),
    "athena:GetWorkGroup": ("athena", lambda c, d: c.get_work_group(WorkGroup=_name(d["resource"]))),
    "states:StartExecution": ("stepfunctions", lambda c, d: c.start_execution(
        stateMachineArn=d["resource"])),
    "states:ListExecutions": ("stepfunctions", lambda c, d: c.list_executions(
        stateMachineArn=d["resource"])),
    "states:DescribeExecution": ("stepfunctions", lambda c, d: c.describe_execution(
        executionArn=d["resource"])),
    "sagemaker:DescribeEndpoint": ("sagemaker", lambda c, d: c.describe_endpoint(
        EndpointName=_name(d["resource"]))),
    "sagemaker:DeleteEndpoint": ("sagemaker", lambda c, d: c.delete_endpoint(
        EndpointName=_name(d["resource"]))),
    "sagemaker:ListModelPackages": ("sagemaker", lambda c, d: c.list_model_packages(
        ModelPackageGroupName="any")),
    "sagemaker:DescribeModelPackage": ("sagemaker", lambda c, d: c.describe_model_package(
        ModelPackageName=d["resource"])),
    "sagemaker:UpdateModelPackage": ("sagemaker", lambda c, d: c.update_model_package(
        ModelPackageArn=d["resource"], ModelApprovalStatus="Rejected")),
    "sagemaker:InvokeEndpoint": ("sagemaker-runtime", lambda c, d: c.invoke_endpoint(
        EndpointName=_name(d["resource"]), Body=b"{}")),
    "cloudwatch:GetMetricStatistics": ("cloudwatch", lambda c, d: c.get_metric_statistics(
        Namespace="any", MetricName="any", StartTime=0, EndTime=60, Period=60, Statistics=["Sum"])),
    "sagemaker:DescribeEndpointConfig": ("sagemaker", lambda c, d: c.describe_endpoint_config(
        EndpointConfigName=_name(d["resource"]))),
    "cloudwatch:DescribeAlarms": ("cloudwatch", lambda c, d: c.describe_alarms(
        AlarmNames=[d["resource"].rsplit(":", 1)[-1]])),
    "kms:GenerateMac": ("kms", lambda c, d: c.generate_mac(
        KeyId=d["resource"], MacAlgorithm="HMAC_SHA_256", Message=b"any")),
    "codebuild:BatchGetBuilds": ("codebuild", lambda c, d: c.batch_get_builds(
        ids=[f"{_name(d['resource'])}:any"])),
    "ecr:DescribeImages": ("ecr", lambda c, d: c.describe_images(repositoryName=_name(d["resource"]))),
    "codebuild:StartBuild": ("codebuild", lambda c, d: c.start_build(projectName=_name(d["resource"]))),
}
# fmt: on

# What a KMS key is used through: the call on an object that needs the key as well.
THROUGH = {
    "kms:Decrypt": ("s3:GetObject", "s3:GetObjectVersion"),
    "kms:GenerateDataKey": ("s3:PutObject",),
}
