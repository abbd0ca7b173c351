"""Train from a local folder, deploy, ask: ModelTrainer and the resources of sagemaker.core."""

import json
import os

from sagemaker.core import image_uris
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.resources import Endpoint, EndpointConfig, Model
from sagemaker.core.shapes import ContainerDefinition, MetricDefinition, ProductionVariant
from sagemaker.core.training.configs import Compute, InputData, SourceCode, StoppingCondition
from sagemaker.train import ModelTrainer

session = Session(default_bucket=os.environ["BUCKET"])
image = image_uris.retrieve("sklearn", session.boto_region_name, version="1.4-2", instance_type="ml.m5.large")
rows = "\n".join(f"{n % 7},{n % 5},{int(n % 7 > 3)}" for n in range(70))
data = session.upload_string_as_file_body(rows, os.environ["BUCKET"], "sdk/train/rows.csv")

trainer = ModelTrainer(
    sagemaker_session=session,
    training_image=image,
    role=os.environ["ROLE"],
    base_job_name="journey",
    source_code=SourceCode(source_dir="source", entry_script="train.py"),
    hyperparameters={"strength": 10.0, "label": "late"},
    compute=Compute(instance_type="ml.m5.large", instance_count=1),
    stopping_condition=StoppingCondition(max_runtime_in_seconds=120),
)
trainer = trainer.with_metric_definitions([MetricDefinition(name="accuracy", regex="accuracy=([0-9.]+);")])
trainer.train(input_data_config=[InputData(channel_name="train", data_source=data)], wait=True, logs=True)
job = trainer._latest_training_job.refresh()

model = Model.create(
    model_name="journey",
    primary_container=ContainerDefinition(
        image=image,
        model_data_url=job.model_artifacts.s3_model_artifacts,
        environment={"SAGEMAKER_PROGRAM": "inference.py"},
    ),
    execution_role_arn=os.environ["ROLE"],
    session=session.boto_session,
)
variant = ProductionVariant(
    variant_name="all", model_name="journey", initial_instance_count=1, instance_type="ml.m5.large"
)
EndpointConfig.create(endpoint_config_name="journey", production_variants=[variant])
endpoint = Endpoint.create(endpoint_name="journey", endpoint_config_name="journey")
endpoint.wait_for_status("InService")
said = endpoint.invoke(body="6,1\n0,1", content_type="text/csv", accept="application/json")
answer = json.loads(said.body.read())
endpoint.delete()
print(
    json.dumps(
        {
            "job": job.training_job_name,
            "status": job.training_job_status,
            "artifacts": job.model_artifacts.s3_model_artifacts,
            "metrics": {one.metric_name: one.value for one in job.final_metric_data_list or []},
            "steps": [step.status for step in job.secondary_status_transitions],
            "answer": answer,
        }
    )
)
