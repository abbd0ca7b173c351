"""What a pipeline definition must know of an environment: read from its training machine as deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tidegate.models.piped import property_names
from tidegate.models.run import resource_name
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from tidegate.plan import ModelPlan


def facts(place: Place, model: ModelPlan) -> dict[str, Any]:
    """The facts of one model in one environment, as `infra/studio/definition.py` reads them."""
    machine = place.client("stepfunctions").describe_state_machine(
        stateMachineArn=place.settings[Setting.TRAINING_MACHINE_ARN]
    )
    states = json.loads(machine["definition"])["States"]
    snapshot, train, evaluate = (states[name]["Arguments"] for name in ("Snapshot", "Train", "Evaluate"))
    gate = states["Gate"]["Arguments"]["FunctionName"]
    return {
        "model": model.name,
        "region": place.region,
        "group": resource_name(place.environment, model.name),
        "key": snapshot["ProcessingOutputConfig"]["KmsKeyId"],
        "instance_type": model.instance_type,
        "disk_gb": train["ResourceConfig"]["VolumeSizeInGB"],
        "train": gate.removesuffix("-gate") + "-train",
        "gate": gate,
        "keep": states["Keep"]["Arguments"]["FunctionName"],
        "reads": list(model.reads),
        "properties": property_names(model.reads),
        "snapshot": _job(snapshot),
        "learning": {
            **_job(evaluate),
            "train_seconds": train["StoppingCondition"]["MaxRuntimeInSeconds"],
        },
    }


def _job(arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        "role": arguments["RoleArn"],
        "environment": arguments.get("Environment", {}),
        "processing_seconds": arguments["StoppingCondition"]["MaxRuntimeInSeconds"],
        "isolated": arguments.get("NetworkConfig", {}).get("EnableNetworkIsolation", False),
    }


def role_needs(facts: dict[str, Any]) -> dict[str, Any]:
    """The policy that the pipeline's own role needs; SageMaker must be trusted by it."""
    account, region = facts["gate"].split(":")[4], facts["region"]
    ours = f"arn:aws:sagemaker:{region}:{account}"
    jobs = [f"{ours}:{kind}-job/pipelines-*" for kind in ("processing", "training")]
    verbs = [
        f"{verb}{kind}Job" for kind in ("Processing", "Training") for verb in ("Create", "Describe", "Stop")
    ]
    roles = [facts["snapshot"]["role"], facts["learning"]["role"]]
    lent = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    versions = [f"{ours}:{kind}/{facts['group']}*" for kind in ("model-package-group", "model-package")]
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow(["lambda:InvokeFunction"], [facts["train"], facts["keep"], facts["gate"]]),
            _allow([*(f"sagemaker:{verb}" for verb in verbs), "sagemaker:AddTags"], jobs),
            {**_allow(["iam:PassRole"], roles), "Condition": lent},
            _allow(["sagemaker:CreateModelPackage", "sagemaker:DescribeModelPackage"], versions),
        ],
    }


def _allow(actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}
