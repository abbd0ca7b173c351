"""`tidegate drift`: what a model's watch found, how good its answers turned out, and what came of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from infra.cli import place
from infra.cli.answer import Answer, Exit, grid
from tidegate.errors import Transient
from tidegate.find import model as find_model
from tidegate.find import models
from tidegate.lake import layout
from tidegate.models.text.declare import NOT_WATCHED, TextModel
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from infra.cli.screen import Screen

HISTORY = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model", nargs="?", default="", help="default: all")
    parser.add_argument("--now", action="store_true", help="look now, at what was asked since the last look")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Show the latest report; with a drift in it the exit code is 1."""
    where = place.find(args.environment)
    names = [find_model(args.model).name] if args.model else list(models())
    looked = {name: NOT_WATCHED for name in names if isinstance(find_model(name), TextModel)}
    for name in names if args.now else []:
        if name in looked:
            continue
        with screen.waiting(f"looking at {name} …"):
            looked[name] = _look(where, name)
    data = [_of(where, name, looked.get(name, "")) for name in names]
    drifted = any(one["report"] and one["report"]["found"] for one in data)
    return Answer(data, lambda: _view(data), Exit.WANTING if drifted else Exit.FINE)


def _look(where: place.Place, model: str) -> str:
    """Ask the function that looks; what it said."""
    answer = where.client("lambda").invoke(
        FunctionName=f"tidegate-{where.environment}-monitor",
        Payload=json.dumps({"model": model, "cause": "Person"}).encode(),
    )
    told = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        said = str(told.get("errorMessage", told))
        raise Transient("functions/monitor.py", said, "Look again; its log says more: tidegate status")
    return str(told["said"])


def _of(where: place.Place, model: str, looked: str) -> dict[str, Any]:
    """The latest report of a model, and those before in short."""
    from tidegate.models.watch.place import reports_prefix

    s3, bucket = where.client("s3"), where.settings[Setting.ARTEFACT_BUCKET]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=reports_prefix(model))
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    latest = sorted(key for key in keys if not key.endswith(".led-to.json"))[: -HISTORY - 1 : -1]
    reports = [_read(s3, bucket, key) for key in latest]
    history = [
        {
            **{name: report[name] for name in ("since", "until", "version", "rows", "found", "said")},
            "auc": report["quality"]["auc"],
            "led_to": _read(s3, bucket, layout.led_to_key(key)).get("outcome", ""),
        }
        for key, report in zip(latest, reports, strict=True)
    ]
    return {
        "model": model,
        "looked": looked,
        "report": reports[0] if reports else None,
        "history": history,
    }


def _read(s3: Any, bucket: str, key: str) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    try:
        told: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise
        return {}
    return told


def _view(data: list[dict[str, Any]]) -> RenderableType:
    from rich.console import Group

    return Group(*(part for one in data for part in _parts(one)))


def _parts(one: dict[str, Any]) -> list[RenderableType]:
    model, report = one["model"], one["report"]
    parts: list[RenderableType] = [f"{model}: {one['looked']}"] if one["looked"] else []
    if report is None:
        return parts or [f"{model}: not judged yet; look now: tidegate drift {model} --now"]
    title = f"{model}, version {report['version']}: {report['said']} ({report['rows']:,} predictions)"
    columns = ("feature", "test", "value", "training", "limit", "chance", "verdict")
    parts.append(grid(title, columns, [_row(test) for test in report["tests"]]))
    parts.append(_quality(report["quality"]))
    rows = [
        (
            past["until"][:16].replace("T", " "),
            past["version"],
            past["rows"],
            past["said"],
            _short(past["auc"]),
            past["led_to"],
        )
        for past in one["history"]
    ]
    parts.append(
        grid("history", ("until (UTC)", "version", "predictions", "found", "live AUC", "led to"), rows)
    )
    return parts


def _row(test: dict[str, Any]) -> tuple[str, ...]:
    share = test["test"] in ("missing", "outside")
    value = f"{test['value']:.1%}" if share else f"PSI {test['value']:.3f}"
    return (
        test["feature"].replace("_score", "(score)"),
        test["test"],
        value,
        f"{test['expected']:.1%}" if share else "",
        f"{test['limit']:.0%}" if share else f"{test['limit']:g}",
        f"{test['chance']:.1e}",
        "DRIFT" if test["drifted"] else "",
    )


def _quality(quality: dict[str, Any]) -> RenderableType:
    if quality["note"]:
        return f"quality: {quality['note']}"
    low, high = quality["auc_interval"]
    less, more = quality["bias_interval"]
    rows = [
        (
            "AUC",
            f"{quality['auc']:.3f} ({low:.3f} to {high:.3f})",
            f"{quality['expected_auc']:.3f}",
            "auc",
        ),
        (
            "log loss",
            f"{quality['log_loss']:.3f}",
            f"{quality['base_rate_log_loss']:.3f}, base rate",
            "log loss",
        ),
        (
            "mean score",
            f"{quality['mean_score']:.3f} ({less:+.3f} to {more:+.3f})",
            f"{quality['rate']:.3f}, came true",
            "calibration",
        ),
    ]
    told = [(*row[:3], "WORSE" if row[3] in quality["found"] else "") for row in rows]
    title = f"quality, of {quality['rows']:,} predictions whose label has landed"
    return grid(title, ("measure", "live", "compared with", "verdict"), told)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
