"""A pipeline that tunes, makes a model of the best training, and lets it answer a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.infra.local.sagemaker.conftest import BUCKET, IMAGE
from tests.infra.local.sagemaker.pipelines.drive import bucket, get, training

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage
    from tests.infra.local.sagemaker.pipelines.drive import Flow, Step


def tune(sage: Sage, answer: str) -> Step:
    """A Tuning step that looks for the x with the highest score, which is 3."""
    definition = training(sage, "unused", {"answer": answer})["Arguments"]
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    definition["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "score", "Regex": "score=([-0-9.e]+);"}
    ]
    kept = ("AlgorithmSpecification", "StaticHyperParameters", "RoleArn", "OutputDataConfig")
    named = (*kept, "ResourceConfig", "StoppingCondition", "Environment")
    config = {
        "Strategy": "Grid",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "score"},
        "ResourceLimits": {"MaxParallelTrainingJobs": 2},
        "ParameterRanges": {"CategoricalParameterRanges": [{"Name": "x", "Values": ["0", "3", "5"]}]},
    }
    arguments = {
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": {member: definition[member] for member in named},
    }
    return {"Name": "Tune", "Type": "Tuning", "Arguments": arguments}


def model(sage: Sage, data: Any) -> Step:
    """A Model step."""
    container = {"Image": IMAGE, "ModelDataUrl": data}
    arguments = {"ExecutionRoleArn": sage.role, "PrimaryContainer": container}
    return {"Name": "Make", "Type": "Model", "Arguments": arguments}


def transform(source: str, target: str) -> Step:
    """A Transform step of the model that was made."""
    found = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}}
    arguments = {
        "ModelName": get("Steps.Make.ModelName"),
        "TransformInput": {"DataSource": found, "ContentType": "text/csv"},
        "TransformOutput": {"S3OutputPath": target},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return {"Name": "Answer", "Type": "Transform", "Arguments": arguments}


def test_the_best_of_a_tuning_becomes_a_model_that_answers_a_batch(sage: Sage, flow: Flow) -> None:
    sage.put(f"{flow.name}/asked/a.csv", "1,2\n")
    step = tune(sage, "tuned")
    output = step["Arguments"]["TrainingJobDefinition"]["OutputDataConfig"]["S3OutputPath"]
    best = get("Steps.Tune.TrainingJobSummaries[0].TrainingJobName")
    data = {"Std:Join": {"On": "/", "Values": [output.rstrip("/"), best, "output/model.tar.gz"]}}
    said = flow.run(
        step, model(sage, data), transform(bucket(f"{flow.name}/asked"), bucket(f"{flow.name}/told"))
    )
    assert said["PipelineExecutionStatus"] == "Succeeded", said["steps"]
    tuning = said["steps"]["Tune"]["Metadata"]["TuningJob"]["Arn"].rpartition("/")[2]
    found = flow.sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=tuning)
    assert found["BestTrainingJob"]["TunedHyperParameters"] == {"x": "3"}
    made = said["steps"]["Make"]["Metadata"]["Model"]["Arn"].rpartition("/")[2]
    served = flow.sagemaker.describe_model(ModelName=made)["PrimaryContainer"]["ModelDataUrl"]
    assert f"/{found['BestTrainingJob']['TrainingJobName']}/" in served
    job = said["steps"]["Answer"]["Metadata"]["TransformJob"]["Arn"].rpartition("/")[2]
    assert flow.sagemaker.describe_transform_job(TransformJobName=job)["ModelName"] == made
    body = sage.client("s3").get_object(Bucket=BUCKET, Key=f"{flow.name}/told/a.csv.out")["Body"].read()
    assert body == b"tuned"


def test_a_tuning_none_of_whose_trainings_end_well_fails_its_step(sage: Sage, flow: Flow) -> None:
    step = tune(sage, "never")
    step["Arguments"]["TrainingJobDefinition"]["StaticHyperParameters"]["fail"] = "no luck"
    said = flow.run(step)
    assert said["PipelineExecutionStatus"] == "Failed"
    assert said["steps"]["Tune"]["StepStatus"] == "Failed"
    assert said["steps"]["Tune"]["FailureReason"]


def test_a_transform_of_nothing_fails_its_step_with_the_jobs_own_reason(sage: Sage, flow: Flow) -> None:
    data = sage.archive(flow.name, "any")
    said = flow.run(model(sage, data), transform(bucket(f"{flow.name}/nothing"), bucket(f"{flow.name}/told")))
    assert said["PipelineExecutionStatus"] == "Failed"
    assert said["steps"]["Make"]["StepStatus"] == "Succeeded"
    assert "No S3 objects found" in said["steps"]["Answer"]["FailureReason"]
