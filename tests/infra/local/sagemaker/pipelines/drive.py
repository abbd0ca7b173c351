"""What the tests of pipelines do again and again: a role, definitions, executions to their end."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from typing import Any

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import ACCOUNT, BUCKET, IMAGE, Sage

ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipeline"
Step = dict[str, Any]


class Flow:
    """Pipelines of one test, under a role that may do what its steps do."""

    def __init__(self, sage: Sage) -> None:
        self.sage = sage
        self.sagemaker = sage.client("sagemaker")
        self.name = f"p-{uuid.uuid4().hex[:8]}"

    def role(self, *allowed: str) -> None:
        """Let the pipeline's role do that, and nothing else."""
        iam = self.sage.client("iam")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": ["sagemaker.amazonaws.com", "lambda.amazonaws.com"]},
        }
        document = json.dumps({"Statement": [{**trust, "Action": "sts:AssumeRole"}]})
        if "pipeline" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]:
            iam.create_role(RoleName="pipeline", AssumeRolePolicyDocument=document)
        statement = {"Effect": "Allow", "Action": list(allowed), "Resource": "*"}
        policy = json.dumps({"Statement": [statement]})
        iam.put_role_policy(RoleName="pipeline", PolicyName="p", PolicyDocument=policy)

    def define(self, *steps: Step, parameters: tuple[Step, ...] = (), **more: Any) -> str:
        """Create or update this test's pipeline."""
        text = definition(*steps, parameters=parameters)
        if self.name in [one["PipelineName"] for one in self.sagemaker.list_pipelines()["PipelineSummaries"]]:
            said = self.sagemaker.update_pipeline(PipelineName=self.name, PipelineDefinition=text, **more)
        else:
            said = self.sagemaker.create_pipeline(
                PipelineName=self.name, PipelineDefinition=text, RoleArn=ROLE, **more
            )
        return str(said["PipelineArn"])

    def start(self, **parameters: str) -> str:
        """Start an execution; its ARN."""
        given = [{"Name": name, "Value": value} for name, value in parameters.items()]
        said = self.sagemaker.start_pipeline_execution(PipelineName=self.name, PipelineParameters=given)
        return str(said["PipelineExecutionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        """Wait for the execution's end; its description, with its steps by name."""

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
            return found if found["PipelineExecutionStatus"] in ("Succeeded", "Failed", "Stopped") else None

        said: dict[str, Any] = eventually(look)
        return {**said, "steps": self.steps(execution)}

    def steps(self, execution: str) -> dict[str, Any]:
        """The steps that were reached, by name."""
        said = self.sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)
        return {step["StepName"]: step for step in said["PipelineExecutionSteps"]}

    def run(self, *steps: Step, **parameters: str) -> dict[str, Any]:
        """Define, start and wait."""
        self.define(*steps)
        return self.ended(self.start(**parameters))

    def function(self, name: str, body: str) -> str:
        """A Lambda function whose handler is `body`."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("code.py", f"def handler(event, context):\n    {body}\n")
        made = self.sage.client("lambda").create_function(
            FunctionName=f"{name}-{self.name}",
            Runtime="python3.12",
            Role=ROLE,
            Handler="code.handler",
            Code={"ZipFile": packed.getvalue()},
        )
        return str(made["FunctionArn"])


def definition(*steps: Step, parameters: tuple[Step, ...] = ()) -> str:
    """A definition's text."""
    return json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)})


def training(sage: Sage, name: str, told: dict[str, Any] | None = None, **more: Any) -> Step:
    """A Training step of the tests' image."""
    request = sage.training("", {})
    del request["TrainingJobName"]
    request["HyperParameters"] = told or {}
    return {"Name": name, "Type": "Training", "Arguments": request, **more}


def processing(sage: Sage, name: str, source: Any, target: Any, **more: Any) -> Step:
    """A Processing step that shouts the words of a prefix."""
    given = {"S3Uri": source, "LocalPath": "/opt/ml/processing/input", "S3DataType": "S3Prefix"}
    wanted = {"S3Uri": target, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    request = {
        "RoleArn": sage.role,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerArguments": ["process", "loudly"]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "ProcessingInputs": [{"InputName": "words", "S3Input": {**given, "S3InputMode": "File"}}],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "shout", "S3Output": wanted}]},
    }
    return {"Name": name, "Type": "Processing", "Arguments": request, **more}


def fail(name: str, message: Any, **more: Any) -> Step:
    """A Fail step."""
    return {"Name": name, "Type": "Fail", "Arguments": {"ErrorMessage": message}, **more}


def gate(name: str, *conditions: Step, then: tuple[Step, ...] = (), otherwise: tuple[Step, ...] = ()) -> Step:
    """A Condition step."""
    arguments = {"Conditions": list(conditions), "IfSteps": list(then), "ElseSteps": list(otherwise)}
    return {"Name": name, "Type": "Condition", "Arguments": arguments}


def compare(kind: str, left: Any, right: Any) -> Step:
    """A comparison of two values."""
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def get(path: str) -> dict[str, str]:
    """A reference."""
    return {"Get": path}


def bucket(path: str) -> str:
    """A place in the tests' bucket."""
    return f"s3://{BUCKET}/{path}"


def queue_url(name: str, sage: Sage) -> str:
    """A queue of that name."""
    return str(sage.client("sqs").create_queue(QueueName=name)["QueueUrl"])
