"""The one program of the model image: `snapshot`, `train`, `evaluate` or `serve`, as its argument says.

Each step reads folders and settings, calls a function that knows neither, and writes folders. An error ends
the process with 1 after its text was left where SageMaker picks up the failure reason.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate import find, settings
from tidegate.errors import Mistake, TidegateError
from tidegate.models.places import Places
from tidegate.models.run import Run
from tidegate.models.text.declare import TextModel
from tidegate.settings import Container, Setting

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.models.declare import Model
    from tidegate.models.train import Material

log = logging.getLogger("tidegate.container")


def main(arguments: list[str]) -> int:
    """Run the step that the argument names; 0 when it is done."""
    told = settings.container()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    try:
        step = _step(arguments)
        step(told)
    except TidegateError as error:
        _leave_failure(told, str(error))
        log.error("%s", error)
        return 1
    except Exception as error:
        _leave_failure(told, f"{type(error).__name__}: {error}")
        raise
    return 0


def run_snapshot(told: Container) -> None:
    """`processing/run/run.json` and the tables it names → `processing/data`."""
    from tidegate.models.snapshot import athena_reader, snapshot

    places = Places(told.base)
    run = Run.from_json((places.processing("run") / "run.json").read_bytes())
    model = find.model(run.model)
    known = settings.from_environment()
    read = athena_reader(known[Setting.DATABASE], known[Setting.WORKGROUP])
    datasets = {name: find.dataset(name) for name in model.reads}
    written = snapshot(model, datasets, run, read, places.processing("data"))
    log.info("snapshot of %s: %s", run.run, written["rows"])


def run_train(told: Container) -> None:
    """Channels `train` and `lookups` → `model`."""
    from tidegate.models.text.train import train_text
    from tidegate.models.train import read_material, train

    places = Places(told.base)
    run = _run_beside(places.channel("train"))
    material = read_material(places.channel("train"), places.channel("lookups"))
    model = find.model(run.model)
    if isinstance(model, TextModel):
        card = train_text(model, run, material, places.model)
    else:
        card = train(model, run, material, places.model)
    log.info("trained %s on %d rows, sha256 %s", run.run, card["rows"], card["sha256"])


def run_evaluate(told: Container) -> None:
    """`processing/{model,champion,data}` → `processing/evaluation/`."""
    from tidegate.models.archive import Fault, admit
    from tidegate.models.evaluate import evaluate, held_out, impersonal, load_champion, unfit
    from tidegate.models.train import read_material
    from tidegate.models.watch.reference import FILE, reference

    places = Places(told.base)
    data, into = places.processing("data"), places.processing("evaluation")
    run = _run_beside(data / "test")
    model = find.model(run.model)
    before, after = (read_material(data / part, data / "lookups") for part in ("train", "test"))
    into.mkdir(parents=True, exist_ok=True)
    if isinstance(model, TextModel):
        _leave_report(into, _judge_text(model, run, after, places))
        return
    rows = held_out(model, after)
    with tempfile.TemporaryDirectory() as scratch:
        candidate = admit(places.processing("model"), Path(scratch) / "challenger", rows.features.columns)
        if isinstance(candidate, Fault):
            report = unfit(run, model, candidate)
        else:
            champion = load_champion(places.processing("champion"), Path(scratch) / "champion")
            personal = personal_of(model)
            report = impersonal(evaluate(model, rows, candidate, champion, int(run.seed)), personal)
            seen = reference(model, (before, after), candidate, personal)
            seen.write_parquet(into / FILE)
    _leave_report(into, report)


def _judge_text(model: TextModel, run: Run, held_out: Material, places: Places) -> dict[str, Any]:
    from tidegate.models.archive import Fault, admit
    from tidegate.models.evaluate import load_champion, unfit
    from tidegate.models.text.evaluate import SHOWN, evaluate_text

    with tempfile.TemporaryDirectory() as scratch:
        candidate = admit(places.processing("model"), Path(scratch) / "challenger", None)
        if isinstance(candidate, Fault):
            return {"kind": "text", **unfit(run, model, candidate)}
        champion = load_champion(places.processing("champion"), Path(scratch) / "champion")
        hidden = model.column in personal_of(model)
        return evaluate_text(model, held_out, candidate, champion, shown=0 if hidden else SHOWN)


def personal_of(model: Model) -> frozenset[str]:
    """The personal columns of every dataset that a model reads."""
    return frozenset().union(*(find.dataset(name).personal() for name in model.reads))


def run_serve(told: Container) -> None:
    """`model` → an endpoint's container, until it is stopped."""
    from tidegate.models.serve import serve
    from tidegate.models.serving import endpoint

    serve(endpoint(Places(told.base).model, settings.from_environment()), told.host, told.port)


STEPS: dict[str, Callable[[Container], None]] = {
    "snapshot": run_snapshot,
    "train": run_train,
    "evaluate": run_evaluate,
    "serve": run_serve,
}


def _step(arguments: list[str]) -> Callable[[Container], None]:
    if len(arguments) != 1 or arguments[0] not in STEPS:
        raise Mistake(
            "the container's argument", f"{arguments} names no step", f"Give one of: {', '.join(STEPS)}"
        )
    return STEPS[arguments[0]]


def _run_beside(folder: Path) -> Run:
    return Run.from_json(json.dumps(json.loads((folder / "material.json").read_text())["run"]))


def _leave_report(into: Path, report: dict[str, Any]) -> None:
    """The evaluation as the gate reads it, and as a person does."""
    from tidegate.models.card import page
    from tidegate.models.gating import verdicts

    (into / "evaluation.json").write_text(json.dumps(report, indent=1))
    (into / "card.md").write_text(page(report))
    for one in verdicts(report):
        log.info("%s %s: %s", "kept  " if one.passed else "BROKEN", one.rule, one.said)


def _leave_failure(told: Container, text: str) -> None:
    """SageMaker shows the first 1,024 characters of this file as the job's failure reason."""
    path = Places(told.base).failure
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError as error:  # the reason is in the log as well
        log.warning("no failure file: %s", error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
