"""One version of a model, whole: what it is, what it learned from, how it was judged, and where it serves."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from infra.cli import lineage, registry
from infra.cli.answer import counted, grid, minute
from infra.cli.outcomes import in_words, outcomes
from tidegate.errors import BadRequest, NotFound
from tidegate.models.gating import verdicts
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from infra.cli.place import Place

    Json = Mapping[str, Any]

MOST_ROLLOUTS = 20
SHOWN_FILES = 12
SHOWN_FEATURES = 8


def chosen(place: Place, named: str) -> tuple[str, int]:
    """`MODEL:VERSION`, or `MODEL` for the version in service, else the latest.

    Raises:
        BadRequest: the version is no number.
        NotFound: the model has no version.
    """
    model, _, number = named.partition(":")
    if number:
        if not number.isdecimal():
            raise BadRequest(
                f"model {named}", f"{number!r} is no version", f"See them: tidegate models {model}"
            )
        return model, int(number)
    endpoint = registry.endpoint(place, model)
    if endpoint:
        return model, int(endpoint["version"])
    known = registry.versions(place, model)
    if not known:
        raise NotFound(f"model {model}", "it has no version yet", f"Train one: tidegate train {model}")
    return model, known[0].version


def of(place: Place, model: str, number: int) -> dict[str, Any]:
    """All that is known of one version, as JSON."""
    behind = lineage.of(place, model, number)
    package = place.client("sagemaker").describe_model_package(ModelPackageName=behind.version.arn)
    folder = f"runs/{model}/{behind.run.run}/evaluation"
    evaluation = _evaluation(place, folder)
    rollouts = outcomes(place, Setting.DEPLOYMENT_MACHINE_ARN, model=model, most=MOST_ROLLOUTS)
    return {
        "model": model,
        "version": number,
        "status": behind.version.status,
        "created": behind.version.created,
        "approval": _approval(package),
        "serves": registry.serves(place, model, number),
        **behind.data(),
        "missing": lineage.missing(place, behind),
        "evaluation": evaluation,
        "rules": [asdict(one) for one in verdicts(evaluation)],
        "card": f"s3://{place.settings[Setting.ARTEFACT_BUCKET]}/{folder}/card.md",
        "rollouts": [asdict(one) for one in rollouts if one.version == number],
    }


def view(told: Json) -> RenderableType:
    """The same for a person."""
    from rich.console import Group

    evaluation = told["evaluation"]
    return Group(
        grid(f"{told['model']}, version {told['version']}", ("", ""), _facts(told)),
        grid("scores on later rows", ("", "AUC", "log loss", "Brier"), _scores(evaluation)),
        grid("the gate's rules", ("rule", "", "figures"), _rules(told)),
        grid("part by part", ("part", "rows", "rate", "AUC"), _slices(evaluation)),
        grid("what it goes by", ("feature", "AUC lost without it"), _features(evaluation)),
        grid("learned from", lineage.FILES, _files(told)),
        grid(
            "roll-outs",
            ("started (UTC)", "outcome"),
            [(minute(one["started"]), in_words(one)) for one in told["rollouts"]],
        ),
    )


def _evaluation(place: Place, folder: str) -> dict[str, Any]:
    bucket, key = place.settings[Setting.ARTEFACT_BUCKET], f"{folder}/evaluation.json"
    read: dict[str, Any] = json.loads(place.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return read


def _approval(package: Json) -> dict[str, str]:
    """What the registry kept of who decided, and why."""
    by = package.get("LastModifiedBy", {})
    at = package.get("LastModifiedTime")
    return {
        "because": package.get("ApprovalDescription", ""),
        "by": by.get("IamIdentity", {}).get("Arn", "") or by.get("UserProfileName", ""),
        "at": at.isoformat(timespec="seconds") if at else "",
    }


def _facts(told: Json) -> list[tuple[str, str]]:
    training, approval = told["evaluation"]["training"], told["approval"]
    decided = " ".join(filter(None, (approval["because"], approval["by"], approval["at"])))
    return [
        ("status", f"{told['status']}{', ' + decided if decided else ''}"),
        ("endpoint", "serves" if told["serves"] else "does not serve"),
        ("registered", told["created"]),
        ("cause", f"{told['cause'].get('kind', '')} {_dataset(told['cause'])}".strip()),
        ("run", f"{told['run']}, code {told['code']}, seed {training['seed']}"),
        ("rows", f"{training['rows']:,}, from {training['from']} to {training['to']}"),
        ("made with", ", ".join(f"{name} {version}" for name, version in training["environment"].items())),
        *(
            (name, f"snapshot {snapshot}, schema file {told['contracts'].get(name, '')}")
            for name, snapshot in told["snapshots"].items()
        ),
        ("missing", "; ".join(told["missing"]) or "nothing: every link to its files is there"),
        ("card", told["card"]),
    ]


def _dataset(cause: Json) -> str:
    return str(cause.get("event", {}).get("detail", {}).get("dataset", ""))


def _scores(evaluation: Json) -> list[tuple[str, ...]]:
    simple, champion = evaluation["one_feature"], evaluation["champion"]
    named = [("this version", evaluation["challenger"]), (f"{simple['feature']} alone", simple)]
    named += [("the same chance for all", evaluation["base_rate"])]
    named += [(f"{champion['run']}, then in service", champion)] if champion else []
    return [(name, *(f"{one[kind]:.4f}" for kind in ("auc", "log_loss", "brier"))) for name, one in named]


def _rules(told: Json) -> list[tuple[str, ...]]:
    return [(one["rule"], "kept" if one["passed"] else "broken", one["said"]) for one in told["rules"]]


def _slices(evaluation: Json) -> list[tuple[str, int, str, str]]:
    return [
        (
            f"{one['column']} {one['value']}",
            one["rows"],
            f"{one['rate']:.3f}",
            f"{one['auc']['value']:.4f}" if one["auc"] else "too few rows",
        )
        for one in evaluation["slices"]
    ]


def _features(evaluation: Json) -> list[tuple[str, str]]:
    strongest = evaluation["explanation"]["importances"][:SHOWN_FEATURES]
    return [(one["feature"], f"{one['loss']:.4f}") for one in strongest]


def _files(told: Json) -> list[tuple[str, str, str]]:
    every = [
        (name, one["key"], one["contract_version"]) for name, files in told["files"].items() for one in files
    ]
    more = (
        [("", f"and {counted(len(every) - SHOWN_FILES, 'file')} more", "")]
        if len(every) > SHOWN_FILES
        else []
    )
    return [*every[:SHOWN_FILES], *more]
