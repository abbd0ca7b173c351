"""Tune a local folder's script and transform a file with the best model, by the SDK's own classes."""

import json
import os

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.resources import Model, TrainingJob
from sagemaker.core.shapes import ContainerDefinition
from sagemaker.core.training.configs import Compute, InputData, SourceCode, StoppingCondition
from sagemaker.core.transformer import Transformer
from sagemaker.train import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

session = Session(default_bucket=os.environ["BUCKET"])
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.4-2", instance_type="ml.m5.large")
rows = "\n".join(f"{n % 7},{n % 5},{int(n % 7 > 3)}" for n in range(70))
data = session.upload_string_as_file_body(rows, os.environ["BUCKET"], "sdk/tune/rows.csv")
trainer = ModelTrainer(
    sagemaker_session=session,
    training_image=image,
    role=os.environ["ROLE"],
    base_job_name="tuned",
    source_code=SourceCode(source_dir="source", entry_script="train.py"),
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=120),
)
tuner = HyperparameterTuner(
    model_trainer=trainer,
    objective_metric_name="accuracy",
    hyperparameter_ranges={"strength": ContinuousParameter(0.01, 10.0)},
    metric_definitions=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
    strategy="Random",
    max_jobs=2,
    max_parallel_jobs=2,
)
tuner.tune(inputs=[InputData(channel_name="train", data_source=data)], wait=True)
best = TrainingJob.get(tuner.best_training_job())

Model.create(
    model_name="tuned",
    primary_container=ContainerDefinition(
        image=image,
        model_data_url=best.model_artifacts.s3_model_artifacts,
        environment={"SAGEMAKER_PROGRAM": "inference.py"},
    ),
    execution_role_arn=os.environ["ROLE"],
)
asked = session.upload_string_as_file_body("6,1\n0,1", os.environ["BUCKET"], "sdk/asked/rows.csv")
transformer = Transformer(
    model_name="tuned",
    instance_count=1,
    instance_type="ml.m5.large",
    output_path=f"s3://{os.environ['BUCKET']}/sdk/answered",
    accept="text/csv",
    assemble_with="Line",
    sagemaker_session=session,
)
transformer.transform(asked, content_type="text/csv", split_type="Line", wait=True, logs=False)
answered = session.read_s3_file(os.environ["BUCKET"], "sdk/answered/rows.csv.out")
print(
    json.dumps(
        {
            "status": best.training_job_status,
            "tuned": float(best.hyper_parameters["strength"].strip('"')),
            "answers": [float(line) for line in answered.split()],
        }
    )
)
