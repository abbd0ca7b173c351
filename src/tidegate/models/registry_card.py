"""A version's model card for the registry, in SageMaker's model card schema as a model package has it.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-details.html#model-card-schema
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tidegate.models.gating import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tidegate.models.run import Run

    Json = Mapping[str, Any]

MOST_NUMBERS = 100
LONGEST, LONGEST_NOTE, LONGEST_NAME = 2048, 1024, 63


def registry_card(run: Run, evaluation: Json) -> str:
    """The card in SageMaker's schema, as JSON text."""
    about, training = evaluation["about"], evaluation["training"]
    content = {
        "model_overview": {"model_creator": f"tidegate, run {run.run}", "model_artifact": [run.image]},
        "intended_uses": {
            "purpose_of_model": about["description"][:LONGEST],
            "intended_uses": (about["intended_use"] or about["description"])[:LONGEST],
            "factors_affecting_model_efficiency": about["not_for"][:LONGEST],
            "risk_rating": "Unknown",
        },
        "training_details": {
            "objective_function": {"function": {"function": "Minimize", "facet": "Loss"}},
            "training_observations": _span(training),
            "training_job_details": {
                "training_datasets": [f"{run.prefix}/data/train"],
                "training_environment": {"container_image": [run.image]},
                "hyper_parameters": [
                    {"name": name, "value": str(value)}
                    for name, value in training["tuning"].get("chosen", {}).items()
                ],
            },
        },
        "evaluation_details": [_details(run, evaluation)],
        "additional_information": {"custom_details": _custom(run, evaluation)},
    }
    return json.dumps(content)


def _details(run: Run, evaluation: Json) -> dict[str, Any]:
    """The held-out scores, and those of each part that was judged."""
    scores = {f"{name} {kind}": value for name, kind, value in _all_scores(evaluation)}
    scores["expected calibration error"] = evaluation["calibration"]["error"]
    parts = {
        f"{one['column']} {one['value']}": one["auc"]["value"] for one in evaluation["slices"] if one["auc"]
    }
    strengths = {one["feature"]: one["loss"] for one in evaluation["explanation"]["importances"]}
    groups = {"scores": scores, "AUC of each part": parts, "AUC lost without a feature": strengths}
    return {
        "name": "held-out rows",
        "evaluation_observation": _span(evaluation),
        "datasets": [f"{run.prefix}/data/test"],
        "metadata": {"report": f"{run.prefix}/evaluation/evaluation.json"},
        "metric_groups": _groups(groups),
    }


def _all_scores(evaluation: Json) -> Iterable[tuple[str, str, float]]:
    for name in ("challenger", "base_rate", "one_feature", "champion"):
        for kind in ("auc", "log_loss", "brier"):
            if evaluation[name]:
                yield name, kind, evaluation[name][kind]


def _metrics(told: Mapping[str, float]) -> list[dict[str, Any]]:
    kept = list(told.items())[:MOST_NUMBERS]
    return [{"name": name[:LONGEST_NAME], "type": "number", "value": value} for name, value in kept]


def _custom(run: Run, evaluation: Json) -> dict[str, str]:
    told = {f"gate: {one.rule}": one.said for one in verdicts(evaluation)}
    told |= {f"snapshot of {name}": at for name, at in run.tables.items()}
    told |= {f"contract of {name}": at for name, at in run.contracts.items()}
    told |= {"code": run.code, "seed": run.seed, "sha256": evaluation["sha256"]}
    return {name: value[:LONGEST_NOTE] for name, value in told.items()}


def _groups(groups: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    return [{"name": name, "metric_data": _metrics(told)} for name, told in groups.items() if told]


def _span(told: Json) -> str:
    return f"{told['rows']} rows, from {told['from']} to {told['to']}"
