"""Decide whether a model of text may be registered, rule by rule, and write the registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.models import gating
from tidegate.models.run import Run, resource_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Json = Mapping[str, Any]

TOLERATED_BITS = 0.05  # a byte, at the pessimistic end: of two that texts cannot tell apart, the newer one


def verdicts(evaluation: Json) -> list[gating.Verdict]:
    """Every rule that a text could be judged by, in order."""
    return [*_by_itself(evaluation), *_against_champion(evaluation)]


def _by_itself(evaluation: Json) -> Iterator[gating.Verdict]:
    mine, pairs = evaluation["challenger"]["perplexity"], evaluation["bigram"]["perplexity"]
    most = evaluation["bigram_share"] * pairs
    yield gating.Verdict(
        "bigram",
        mine <= most,
        f"perplexity {mine:.3f}, of {most:.3f} allowed; pairs of bytes have {pairs:.3f}",
    )
    yield from gating.of_the_export(evaluation, evaluation["most_onnx_bytes"])


def _against_champion(evaluation: Json) -> Iterator[gating.Verdict]:
    if not evaluation["champion"]:
        return
    over = evaluation["over_champion"]
    yield gating.Verdict(
        "champion",
        over["bits_per_byte"] > 0 or over["low"] > -TOLERATED_BITS,
        f"{over['bits_per_byte']:+.4f} bits a byte saved over {evaluation['champion']['run']}, which is in "
        f"service: between {over['low']:+.4f} and {over['high']:+.4f}, and {-TOLERATED_BITS} is tolerated",
    )


def page(evaluation: Json) -> str:
    """What a person reads before it is approved, in Markdown."""
    lines = [f"# {evaluation['model']}, run {evaluation['run']}", ""]
    lines += [
        f"* {one.rule}: {'kept' if one.passed else '**broken**'}, {one.said}"
        for one in gating.verdicts(evaluation)
    ]
    if evaluation.get("written") == []:
        lines += ["", "It learned from a personal column: what it writes is not shown."]
    elif "written" in evaluation:
        lines += ["", f"{evaluation['rows']:,} texts that it never read. It writes, at temperature 0.7:", ""]
        lines += [f"    {text!r}" for text in evaluation["written"]]
    return "\n".join(lines) + "\n"


def package_request(environment: str, run: Run, evaluation: Json) -> dict[str, Any]:
    """The whole request of `sagemaker:CreateModelPackage`."""
    mine, pairs = evaluation["challenger"]["perplexity"], evaluation["bigram"]["perplexity"]
    report = f"{run.prefix}/evaluation/evaluation.json"
    data = f"{run.prefix}/model/{run.run}/output/model.tar.gz"
    return {
        "ModelPackageGroupName": resource_name(environment, run.model),
        "ClientToken": run.token,
        "ModelPackageDescription": f"Perplexity {mine:.3f} on {evaluation['rows']} texts, pairs: {pairs:.3f}",
        "InferenceSpecification": {
            "Containers": [{"Image": run.image, "ModelDataUrl": data}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json", "application/jsonlines"],
            "SupportedRealtimeInferenceInstanceTypes": [run.instance_type],
        },
        "ModelMetrics": {
            "ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": report}}
        },
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": _properties(run, evaluation),
    }


def _properties(run: Run, evaluation: Json) -> dict[str, str]:
    """What a person sees of the version in the registry; SageMaker keeps 50 texts of up to 256 characters."""
    told = {
        "run": run.run,
        "cause": str(run.cause.get("kind", "")),
        "code": run.code,
        "sha256": evaluation["sha256"],
        "rows": str(evaluation["rows"]),
        "perplexity": f"{evaluation['challenger']['perplexity']:.6f}",
        "bigram_perplexity": f"{evaluation['bigram']['perplexity']:.6f}",
        "onnx_difference": f"{evaluation['parity']['greatest_difference']:.3g}",
        "champion": evaluation["champion"]["run"] if evaluation["champion"] else evaluation["champion_note"],
    }
    told |= {f"snapshot_{name}": snapshot for name, snapshot in run.tables.items()}
    told |= {f"contract_{name}": contract for name, contract in run.contracts.items()}
    return {name: value[:256] for name, value in told.items()}
