"""MLflow's own client with AWS's plugin logs a run to the tracking server of an ARN, and reads it back."""

import json
import os
import sys

os.environ["SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT"] = os.environ["AWS_ENDPOINT_URL"]

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
mlflow.set_experiment("flight_delay")
with mlflow.start_run(run_name="first") as run:
    mlflow.log_params({"trees": 100})
    mlflow.log_metrics({"auc": 0.7})
    mlflow.set_tag("code", "abc")
found = mlflow.search_runs(experiment_names=["flight_delay"], output_format="list")
data = found[0].data
said = {"auc": data.metrics["auc"], "trees": data.params["trees"], "code": data.tags["code"]}
print(json.dumps({"runs": len(found), **said}))
