"""Writes a model's training as a SageMaker Pipelines definition, with the sagemaker SDK 3.27.

A program of its own, for the SDK's Python, run by `infra/studio/environment.py`: facts on standard input, the
definition on standard output, offline and without credentials. The steps are those of
`infra/machines/training.asl.json`; what they need to know of an environment are the facts that
`infra/studio/deployed.py` reads from it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3
from sagemaker.core.lambda_helper import Lambda
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.network import NetworkConfig
from sagemaker.core.processing import Processor
from sagemaker.core.shapes import (
    OutputDataConfig,
    ProcessingInput,
    ProcessingOutput,
    ProcessingS3Input,
    ProcessingS3Output,
)
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.core.workflow.parameters import ParameterString
from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.lambda_step import LambdaOutput, LambdaStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.pipeline import Pipeline
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep
from sagemaker.serve.model_builder import ModelBuilder
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, Networking, StoppingCondition

Facts = dict[str, Any]

PROCESSING = "/opt/ml/processing"


class Offline(PipelineSession):  # type: ignore[misc]  # the SDK has no types
    """A session that asks nobody: what a definition needs is in the facts."""

    def account_id(self) -> str:
        """Whose definition it is."""
        return "000000000000"

    def default_bucket(self) -> str:
        """No step of ours uploads anything."""
        return "unused"


class Steps:
    """The steps of one model's training."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        region = facts["region"]
        self.session = Offline(boto_session=boto3.Session(region_name=region), default_bucket="unused")
        self.instance_type = ParameterString("InstanceType", default_value=facts["instance_type"])
        self.decide = self._function(
            "Decide",
            facts["train"],
            {
                "cause": "Pipeline",
                "model": facts["model"],
                "execution": ExecutionVariables.PIPELINE_EXECUTION_ID,
            },
            ["run", "image", "training_image", "prefix", "champion", *self._snapshots()],
        )

    def told(self, name: str) -> Any:
        """What the first step said."""
        return self.decide.properties.Outputs[name]

    def place(self, path: str) -> Any:
        """A place below the run's prefix."""
        return Join(on="/", values=[self.told("prefix"), path])

    def keep(self) -> Any:
        """No expiry takes away what the training reads: its snapshots are tagged first."""
        tables = {name: self.told(f"snapshot_{name}") for name in self.facts["reads"]}
        asked = {"run": self.told("run"), "tables": tables}
        return self._function("Keep", self.facts["keep"], asked, ["tag"])

    def snapshot(self, after: Any) -> Any:
        """The tables' rows, as they stood, become files: the one step with a network."""
        return ProcessingStep(
            "Snapshot",
            step_args=self._processor("snapshot", self.facts["snapshot"]).run(
                arguments=["snapshot"],
                inputs=[_into("run", self.place("run.json"))],
                outputs=[_from("data", self.place("data"))],
            ),
            depends_on=[after],
        )

    def train(self, after: Any) -> Any:
        """The estimator is fitted, and exported to ONNX."""
        facts = self.facts["learning"]
        trainer = ModelTrainer(
            sagemaker_session=self.session,
            training_image=self.told("training_image"),
            role=facts["role"],
            base_job_name="train",
            compute=Compute(
                instance_type=self.instance_type,
                instance_count=1,
                volume_size_in_gb=self.facts["disk_gb"],
                volume_kms_key_id=self.facts["key"],
            ),
            networking=Networking(enable_network_isolation=True),
            stopping_condition=StoppingCondition(max_runtime_in_seconds=facts["train_seconds"]),
            output_data_config=OutputDataConfig(
                s3_output_path=self.place("model"), kms_key_id=self.facts["key"]
            ),
            input_data_config=[
                InputData(channel_name=channel, data_source=self.place(f"data/{channel}"))
                for channel in ("train", "lookups")
            ],
        )
        return TrainingStep("Train", step_args=trainer.train(), depends_on=[after])

    def evaluate(self, trained: Any) -> Any:
        """The challenger, the baselines and the champion, if there is one, on the same held-out rows."""
        return ProcessingStep(
            "Evaluate",
            step_args=self._processor("evaluate", self.facts["learning"]).run(
                arguments=["evaluate"],
                inputs=[
                    _into("model", trained.properties.ModelArtifacts.S3ModelArtifacts),
                    _into("data", self.place("data")),
                    _into("champion", self.told("champion")),
                ],
                outputs=[_from("evaluation", self.place("evaluation"))],
            ),
        )

    def gate(self, after: Any) -> Any:
        """The same function as the machine asks."""
        wanted = ["passed", "reasons", "description", *self.facts["properties"]]
        asked = {"prefix": self.told("prefix"), "wanted": wanted}
        return self._function("Gate", self.facts["gate"], asked, wanted, after)

    def register(self, gate: Any, trained: Any) -> Any:
        """A version of the model's group that waits for its approval."""
        said = gate.properties.Outputs
        builder = ModelBuilder(
            sagemaker_session=self.session,
            role_arn=self.facts["learning"]["role"],
            image_uri=self.told("image"),
            s3_model_data_url=trained.properties.ModelArtifacts.S3ModelArtifacts,
        )
        report = MetricsSource("application/json", self.place("evaluation/evaluation.json"))
        asked = builder.register(
            model_package_group_name=self.facts["group"],
            description=said["description"],
            content_types=["application/json"],
            response_types=["application/json"],
            inference_instances=[self.instance_type],
            model_metrics=ModelMetrics(model_statistics=report),
            approval_status="PendingManualApproval",
            customer_metadata_properties={name: said[name] for name in self.facts["properties"]},
        )
        return ModelStep("Register", step_args=asked)

    def _snapshots(self) -> list[str]:
        return [f"snapshot_{name}" for name in self.facts["reads"]]

    def _processor(self, name: str, facts: Facts) -> Any:
        return Processor(
            sagemaker_session=self.session,
            role=facts["role"],
            image_uri=self.told("image"),
            instance_count=1,
            instance_type=self.instance_type,
            volume_size_in_gb=self.facts["disk_gb"],
            volume_kms_key=self.facts["key"],
            output_kms_key=self.facts["key"],
            max_runtime_in_seconds=facts["processing_seconds"],
            base_job_name=name,
            env=facts["environment"],
            network_config=NetworkConfig(enable_network_isolation=True) if facts["isolated"] else None,
        )

    def _function(self, name: str, arn: str, inputs: Facts, outputs: list[str], after: Any = None) -> Any:
        return LambdaStep(
            name,
            lambda_func=Lambda(function_arn=arn, session=self.session),
            inputs=inputs,
            outputs=[LambdaOutput(output_name=output) for output in outputs],
            depends_on=[after] if after else None,
        )


def _into(name: str, uri: Any) -> Any:
    given = ProcessingS3Input(
        s3_uri=uri,
        local_path=f"{PROCESSING}/{name}",
        s3_data_type="S3Prefix",
        s3_input_mode="File",
        s3_data_distribution_type="FullyReplicated",
    )
    return ProcessingInput(input_name=name, s3_input=given)


def _from(name: str, uri: Any) -> Any:
    wanted = ProcessingS3Output(s3_uri=uri, local_path=f"{PROCESSING}/{name}", s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=wanted)


def definition(facts: Facts) -> Facts:
    """The whole definition."""
    steps = Steps(facts)
    keep = steps.keep()
    snapshot = steps.snapshot(keep)
    train = steps.train(snapshot)
    evaluate = steps.evaluate(train)
    gate = steps.gate(evaluate)
    passed = ConditionEquals(left=gate.properties.Outputs["passed"], right="true")
    judged = ConditionStep(
        "Passed", conditions=[passed], if_steps=[steps.register(gate, train)], else_steps=[]
    )
    pipeline = Pipeline(
        name=facts["group"],
        parameters=[steps.instance_type],
        steps=[steps.decide, keep, snapshot, train, evaluate, gate, judged],
        sagemaker_session=steps.session,
    )
    made: Facts = json.loads(pipeline.definition())
    return made


if __name__ == "__main__":
    print(json.dumps(definition(json.load(sys.stdin)), indent=2))
