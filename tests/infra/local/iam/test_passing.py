"""Handing a role to a service needs iam:PassRole, and nobody assumes a service's role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.infra.local.iam.conftest import REGION, allow, policy

if TYPE_CHECKING:
    from tests.infra.local.iam.conftest import Guarded

PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})


def _as_user(guarded: Guarded, name: str, service: str, *statements: dict[str, Any]) -> Any:
    iam = guarded.client("iam")
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return boto3.client(
        service,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        region_name=REGION,
        endpoint_url=guarded.cloud.endpoint,
    )


def test_a_user_who_may_not_pass_a_role_makes_no_machine_with_it(guarded: Guarded) -> None:
    role = guarded.role("passed", "states.amazonaws.com")
    states = _as_user(guarded, "maker", "stepfunctions", allow("states:*"))
    with pytest.raises(ClientError, match="iam:PassRole"):
        states.create_state_machine(name="passed", definition=PASS, roleArn=role)
    only = {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}
    passing = allow("iam:PassRole", role, Condition=only)
    guarded.client("iam").put_user_policy(
        UserName="maker", PolicyName="own", PolicyDocument=policy(allow("states:*"), passing)
    )
    with pytest.raises(ClientError, match="iam:PassRole"):
        states.create_state_machine(name="passed", definition=PASS, roleArn=role)
    only["StringEquals"]["iam:PassedToService"] = "states.amazonaws.com"
    guarded.client("iam").put_user_policy(
        UserName="maker", PolicyName="own", PolicyDocument=policy(allow("states:*"), passing)
    )
    assert states.create_state_machine(name="passed", definition=PASS, roleArn=role)["stateMachineArn"]


def test_a_user_who_may_not_pass_the_role_of_its_training_jobs_starts_no_tuning(guarded: Guarded) -> None:
    role = guarded.role("tunes", "sagemaker.amazonaws.com")
    sagemaker = _as_user(guarded, "tuning-user", "sagemaker", allow("sagemaker:*"))
    definition = {
        "RoleArn": role,
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "StoppingCondition": {},
    }
    limits = {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1}
    with pytest.raises(ClientError, match="iam:PassRole"):
        sagemaker.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="t",
            HyperParameterTuningJobConfig={"Strategy": "Random", "ResourceLimits": limits},
            TrainingJobDefinition=definition,
        )


def test_a_user_who_may_not_pass_a_role_makes_no_pipeline_with_it(guarded: Guarded) -> None:
    role = guarded.role("piped", "sagemaker.amazonaws.com")
    sagemaker = _as_user(guarded, "piper", "sagemaker", allow("sagemaker:CreatePipeline"))
    definition = json.dumps({"Version": "2020-12-01", "Steps": []})
    given = {"PipelineName": "piped", "PipelineDefinition": definition, "RoleArn": role}
    with pytest.raises(ClientError, match="iam:PassRole"):
        sagemaker.create_pipeline(**given)
    passing = allow("iam:PassRole", role)
    guarded.client("iam").put_user_policy(
        UserName="piper", PolicyName="own", PolicyDocument=policy(allow("sagemaker:CreatePipeline"), passing)
    )
    assert sagemaker.create_pipeline(**given)["PipelineArn"].endswith(":pipeline/piped")


def test_nobody_assumes_a_role_that_trusts_only_a_service(guarded: Guarded) -> None:
    role = guarded.role("services-own", "lambda.amazonaws.com")
    with pytest.raises(ClientError, match="AccessDenied"):
        guarded.client("sts").assume_role(RoleArn=role, RoleSessionName="me")
