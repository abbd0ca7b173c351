"""What our functions say to the steps of a SageMaker pipeline, which hand on texts by fixed names alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tidegate.lake import layout
from tidegate.models.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 1024  # of a step's output


def property_names(datasets: Iterable[str]) -> list[str]:
    """The names under which a version of a model that reads `datasets` is told of in the registry."""
    told = "run cause code sha256 rows auc log_loss brier one_feature_auc base_rate_log_loss onnx_difference"
    kinds = ("snapshot", "contract")
    return [*told.split(), "champion", "gain_low", *(f"{kind}_{name}" for name in datasets for kind in kinds)]


def run_of(event: Mapping[str, Any], s3: Any) -> Run:
    """The run that a function is asked about: the machine gives its record, a pipeline's step its prefix."""
    if "wanted" not in event:
        return Run.from_json(json.dumps(event))
    bucket, prefix = layout.split_uri(event["prefix"])
    return Run.from_json(s3.get_object(Bucket=bucket, Key=f"{prefix}/run.json")["Body"].read())


def spread(verdict: dict[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The gate's verdict as it is for the machine, and as the wanted texts for a pipeline's step."""
    if "wanted" not in event:
        return verdict
    package = verdict["package"]
    told = {
        "passed": str(verdict["passed"]).lower(),
        "reasons": "; ".join(verdict["reasons"])[:LONGEST],
        "description": package.get("ModelPackageDescription", ""),
        **package.get("CustomerMetadataProperties", {}),
    }
    # a property cannot be empty: what was not measured is no number, which no rule takes for a gain
    return {name: told.get(name, "nan") for name in event["wanted"]}
