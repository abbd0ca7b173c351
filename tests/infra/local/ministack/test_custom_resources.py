from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.infra.local.deploy_template import deploy, reasons

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ANSWERS = """
import json, urllib.request

def handler(event, context):
    answer = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    answer |= {"Status": "SUCCESS", "PhysicalResourceId": "made"}
    answer["Data"] = {"Said": event["ResourceProperties"]["Say"]}
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request)
"""
RAISES = """
class TableBroken(Exception):
    pass

def handler(event, context):
    raise TableBroken("no such database")
"""


def function(code: str) -> dict[str, Any]:
    return {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": TRUST}},
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13",
                "Handler": "index.handler",
                "Code": {"ZipFile": code},
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            },
        },
    }


def custom(**properties: Any) -> dict[str, Any]:
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    return {"Type": "Custom::TidegateTable", "Properties": {"ServiceToken": token, **properties}}


def test_a_python_function_that_answers_its_url_makes_the_resource(cloud: LocalCloud) -> None:
    resources = {**function(ANSWERS), "Table": custom(Say="hello")}
    stack = deploy("answers", resources, {"Said": {"Fn::GetAtt": ["Table", "Said"]}})
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Outputs"][0]["OutputValue"] == "hello"


def test_a_function_that_raises_fails_the_stack_at_once_with_its_exception(cloud: LocalCloud) -> None:
    stack = deploy("raises", {**function(RAISES), "Table": custom()})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "TableBroken: no such database" in reasons("raises")


def test_the_image_of_the_models_is_this_checkout_under_the_name_it_was_given(cloud: LocalCloud) -> None:
    uri = "000000000000.dkr.ecr.eu-west-1.amazonaws.com/tidegate:abc"
    image = {
        "Type": "Custom::TidegateImageBuild",
        "Properties": {"ServiceToken": "arn:none", "ImageUri": uri},
    }
    stack = deploy("image", {"Image": image}, {"Uri": {"Fn::GetAtt": ["Image", "ImageUri"]}})
    assert stack["Outputs"][0]["OutputValue"] == uri


def test_files_that_cdk_would_unpack_into_a_bucket_are_refused(cloud: LocalCloud) -> None:
    files = {"Type": "Custom::CDKBucketDeployment", "Properties": {"ServiceToken": "arn:none"}}
    assert deploy("files", {"Files": files})["StackStatus"].startswith("ROLLBACK")
    assert "does not unpack files into buckets" in reasons("files")
