"""Decide whether an evaluated model may be registered, and write the registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.models.run import Run, resource_name

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of two models that held-out days cannot tell apart, the one of later data is preferred: so much AUC may be
# lost at the pessimistic end of the interval.
TOLERATED_LOSS = 0.02


def reasons_against(evaluation: Mapping[str, Any]) -> list[str]:
    """Why the model may not be registered; nothing when it may."""
    challenger = evaluation["challenger"]
    rules = (
        (
            challenger["auc"] >= evaluation["least_auc"],
            f"AUC {challenger['auc']:.4f} is below the floor of {evaluation['least_auc']}",
        ),
        (
            evaluation["over_one_feature"]["auc"] > 0,
            f"it is no better than {evaluation['one_feature']['feature']} alone: AUC "
            f"{challenger['auc']:.4f} against {evaluation['one_feature']['auc']:.4f}",
        ),
        (
            challenger["log_loss"] < evaluation["base_rate"]["log_loss"],
            f"log loss {challenger['log_loss']:.4f} is no better than the base rate's "
            f"{evaluation['base_rate']['log_loss']:.4f}",
        ),
        (
            evaluation["parity"]["greatest_difference"] <= evaluation["parity"]["allowed"],
            "the ONNX export and the fitted estimator disagree",
        ),
    )
    return [said for passed, said in rules if not passed] + _against_champion(evaluation)


def _against_champion(evaluation: Mapping[str, Any]) -> list[str]:
    if not evaluation["champion"]:
        return []
    over = evaluation["over_champion"]
    if over["auc"] > 0 or over["low"] > -TOLERATED_LOSS:
        return []
    return [
        f"it may be worse than {evaluation['champion']['run']}, which is in service: AUC difference "
        f"{over['auc']:+.4f}, between {over['low']:+.4f} and {over['high']:+.4f}"
    ]


def package_request(environment: str, run: Run, evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The whole request of `sagemaker:CreateModelPackage`."""
    auc = evaluation["challenger"]["auc"]
    report = f"{run.prefix}/evaluation/evaluation.json"
    return {
        "ModelPackageGroupName": resource_name(environment, run.model),
        "ModelPackageDescription": f"AUC {auc:.4f} on {evaluation['rows']} later rows",
        "InferenceSpecification": {
            "Containers": [
                {"Image": run.image, "ModelDataUrl": f"{run.prefix}/model/{run.run}/output/model.tar.gz"}
            ],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
            "SupportedRealtimeInferenceInstanceTypes": [run.instance_type],
        },
        "ModelMetrics": {
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": report}}
        },
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": _properties(run, evaluation),
    }


def _properties(run: Run, evaluation: Mapping[str, Any]) -> dict[str, str]:
    """What a person sees of the version in the registry; SageMaker keeps 50 texts of up to 256 characters."""
    scores = evaluation["challenger"]
    told = {
        "run": run.run,
        "cause": str(run.cause.get("kind", "")),
        "code": run.code,
        "sha256": evaluation["sha256"],
        "rows": str(evaluation["rows"]),
        "auc": f"{scores['auc']:.6f}",
        "log_loss": f"{scores['log_loss']:.6f}",
        "brier": f"{scores['brier']:.6f}",
        "one_feature_auc": f"{evaluation['one_feature']['auc']:.6f}",
        "base_rate_log_loss": f"{evaluation['base_rate']['log_loss']:.6f}",
        "onnx_difference": f"{evaluation['parity']['greatest_difference']:.3g}",
        "champion": evaluation["champion"]["run"] if evaluation["champion"] else evaluation["champion_note"],
    }
    told |= {f"snapshot_{name}": snapshot for name, snapshot in run.tables.items()}
    told |= {f"contract_{name}": contract for name, contract in run.contracts.items()}
    return {name: value[:256] for name, value in told.items()}
