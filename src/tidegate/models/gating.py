"""Decide whether an evaluated candidate may be registered, rule by rule, and write the registration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tidegate.models.run import Run

    Json = Mapping[str, Any]

# Of two models that held-out days cannot tell apart, the one of later data is preferred: so much AUC may be
# lost at the pessimistic end of the interval.
TOLERATED_LOSS = 0.02


@dataclass(frozen=True)
class Verdict:
    """What one rule says of a candidate, with the figures that it goes by."""

    rule: str
    passed: bool
    said: str


def verdicts(evaluation: Json) -> list[Verdict]:
    """Every rule that could be judged, in order."""
    if "unfit" in evaluation:
        return [Verdict(evaluation["unfit"]["rule"], False, evaluation["unfit"]["said"])]
    if evaluation.get("kind") == "text":
        from tidegate.models.text import gating as of_text

        return of_text.verdicts(evaluation)
    return [
        *_by_itself(evaluation),
        *_against_champion(evaluation),
        *_by_slice(evaluation),
        _calibration(evaluation),
        *_effort(evaluation),
    ]


def reasons_against(evaluation: Json) -> list[str]:
    """Why the model may not be registered, each beginning with its rule; nothing when it may."""
    return [f"{one.rule}: {one.said}" for one in verdicts(evaluation) if not one.passed]


def _by_itself(evaluation: Json) -> Iterator[Verdict]:
    mine, simple = evaluation["challenger"], evaluation["one_feature"]
    floor, base = evaluation["least_auc"], evaluation["base_rate"]["log_loss"]
    yield Verdict("floor", mine["auc"] >= floor, f"AUC {mine['auc']:.4f}, of at least {floor}")
    yield Verdict(
        "one feature",
        evaluation["over_one_feature"]["auc"] > 0,
        f"AUC {mine['auc']:.4f}, while {simple['feature']} alone has {simple['auc']:.4f}",
    )
    yield Verdict(
        "base rate",
        mine["log_loss"] < base,
        f"log loss {mine['log_loss']:.4f}, while the base rate has {base:.4f}",
    )
    yield from of_the_export(evaluation, evaluation["limits"]["onnx_bytes"])


def of_the_export(evaluation: Json, most_bytes: int) -> Iterator[Verdict]:
    """Whether ONNX says what was fitted, and is small enough: the rules of every kind of model."""
    parity, size = evaluation["parity"], evaluation["onnx_bytes"]
    yield Verdict(
        "parity",
        parity["greatest_difference"] <= parity["allowed"],
        f"ONNX and what was fitted differ by up to {parity['greatest_difference']:.2g}, "
        f"of {parity['allowed']:.2g} allowed",
    )
    yield Verdict("size", size <= most_bytes, f"the ONNX file has {size:,} bytes, of {most_bytes:,} allowed")


def _against_champion(evaluation: Json) -> Iterator[Verdict]:
    if not evaluation["champion"]:
        return
    over = evaluation["over_champion"]
    yield Verdict(
        "champion",
        over["auc"] > 0 or over["low"] > -TOLERATED_LOSS,
        f"AUC {over['auc']:+.4f} over {evaluation['champion']['run']}, which is in service: between "
        f"{over['low']:+.4f} and {over['high']:+.4f}, and {-TOLERATED_LOSS} is tolerated",
    )


def _by_slice(evaluation: Json) -> Iterator[Verdict]:
    """One verdict for all slices that keep their floor, or one for each that surely does not."""
    judged = [one for one in evaluation["slices"] if one["auc"]]
    limits = evaluation["limits"]
    broken = [
        said for one in judged for said in _slice_faults(one, limits["slice_auc"], limits["slice_loss"])
    ]
    yield from (Verdict("slices", False, said) for said in broken)
    if evaluation["slices"] and not broken:
        few = len(evaluation["slices"]) - len(judged)
        worst = min(judged, key=lambda one: one["auc"]["value"], default=None)
        named = f"; the lowest AUC is {worst['auc']['value']:.4f}, {_name(worst)}" if worst else ""
        yield Verdict("slices", True, f"{len(judged)} keep their floor, {few} have too few rows{named}")


def _slice_faults(one: Json, floor: float, loss: float) -> Iterator[str]:
    auc, over = one["auc"], one["over_champion"]
    if auc["high"] < floor:
        yield (
            f"{_name(one)} ({one['rows']} rows) has AUC {auc['value']:.4f}, at most {auc['high']:.4f}; "
            f"the floor is {floor}"
        )
    if over and over["high"] < -loss:
        yield (
            f"{_name(one)} ({one['rows']} rows) loses {-over['value']:.4f} AUC against the model in service, "
            f"at least {-over['high']:.4f}; {loss} is tolerated"
        )


def _name(one: Json) -> str:
    return f"{one['column']} {one['value']}"


def _calibration(evaluation: Json) -> Verdict:
    """What is badly calibrated may replace what is worse: a season's change spoils all models alike."""
    mine, limit = evaluation["calibration"], evaluation["limits"]["calibration_error"]
    theirs = evaluation["champion_calibration"] if evaluation["champion"] else None
    said = f"calibration error {mine['error']:.4f}, at least {mine['low']:.4f}, of {limit} allowed"
    if theirs:
        said += f"; the model in service has {theirs['error']:.4f}"
    better = theirs is not None and mine["error"] < theirs["error"]
    return Verdict("calibration", mine["low"] <= limit or better, said)


def _effort(evaluation: Json) -> Iterator[Verdict]:
    if not evaluation["champion"]:
        return
    took, most = evaluation["effort"], evaluation["limits"]["latency_ratio"]
    yield Verdict(
        "latency",
        max(took["one_row"], took["many_rows"]) <= most,
        f"an answer takes {took['one_row']:.2f} times the champion's processor time for one row, "
        f"{took['many_rows']:.2f} times for many, of {most} allowed",
    )


def package_request(environment: str, run: Run, evaluation: Json, card: str) -> dict[str, Any]:
    """The whole request of `sagemaker:CreateModelPackage`, with the model card for the registry."""
    auc = evaluation["challenger"]["auc"]
    report = f"{run.prefix}/evaluation/evaluation.json"
    return {
        "ModelPackageGroupName": resource_name(environment, run.model),
        "ClientToken": run.token,
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
        "ModelCard": {"ModelCardContent": card, "ModelCardStatus": "PendingReview"},
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
    if evaluation["champion"]:
        told["gain_low"] = f"{evaluation['over_champion']['low']:+.6f}"
    told |= {f"snapshot_{name}": snapshot for name, snapshot in run.tables.items()}
    told |= {f"contract_{name}": contract for name, contract in run.contracts.items()}
    return {name: value[:256] for name, value in told.items()}
