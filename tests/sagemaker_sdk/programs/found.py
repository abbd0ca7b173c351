"""What MLflow's own client finds of a run that we logged."""

import json
import os
import sys

os.environ["SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"] = os.environ["AWS_ENDPOINT_URL"]

import mlflow

arn, experiment, run_id = sys.argv[1:]
mlflow.set_tracking_uri(arn)
run = mlflow.get_run(run_id)
assert mlflow.get_experiment(run.info.experiment_id).name == experiment
print(json.dumps({"metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags}))
