"""`tidegate model ID`: one version, whole; a folder to start from, its packages, its training for Studio."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli import place, version
from infra.cli.answer import Answer, said
from infra.cli.dataset import refuse_odd_name
from infra.cli.place import ROOT
from infra.cli.scaffold import FRAMEWORKS, TEXT, fits, fitting, model_files
from tidegate.errors import BadRequest, Refused
from tidegate.models.environment import LOCK

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from infra.cli.screen import Screen
    from tidegate.contract.declare import Dataset


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument(
        "what", metavar="ID", help="MODEL:VERSION, or MODEL for the one in service; or new, lock, export"
    )
    parser.add_argument(
        "name",
        nargs="?",
        default="",
        help="also in the endpoint's name and in the address of its predictions",
    )
    parser.add_argument(
        "--of",
        default="",
        metavar="DATASET",
        help="whose rows it predicts for (default: the first that fits)",
    )
    parser.add_argument("--to", default="", metavar="FILE", help="export: where the definition is written")
    parser.add_argument(
        "--fetch-sdk",
        action="store_true",
        help="export: fetch the sagemaker SDK (1 GB) into an environment of its own, if it is not there",
    )
    parser.add_argument(
        "--target",
        default="",
        metavar="COLUMN",
        help="what it learns: the number that its label is made of, or a text (default: the first that fits)",
    )
    parser.add_argument("--framework", choices=FRAMEWORKS, default=FRAMEWORKS[0], help="what fits it")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Show a version; or write a folder, its lock, or a definition."""
    writes = {"new": new, "lock": lock, "export": export}
    if args.what in writes:
        return writes[args.what](args)
    where = place.find(args.environment)
    told = version.of(where, *version.chosen(where, args.what))
    return Answer(told, lambda: version.view(told))


def export(args: argparse.Namespace) -> Answer:
    """Write the definition of the pipeline that trains a deployed model."""
    from infra.studio import deployed, environment
    from tidegate.plan import plan

    if not args.to:
        raise BadRequest("model export", "where to is not said", "Name a file: --to pipeline.json")
    interpreter = environment.build() if args.fetch_sdk else environment.python()
    facts = deployed.facts(place.find(args.environment), plan().model(args.name))
    made = environment.definition(facts, interpreter)
    Path(args.to).write_text(json.dumps(made, indent=2) + "\n")
    return said(
        f"Wrote {args.to}. Under a role that SageMaker may assume, with the policy of --json:\n"
        f"  aws sagemaker create-pipeline --pipeline-name {facts['group']} "
        f"--pipeline-definition file://{args.to} --role-arn ROLE",
        file=args.to,
        steps=[step["Name"] for step in made["Steps"]],
        role_needs=deployed.role_needs(facts),
    )


def lock(args: argparse.Namespace) -> Answer:
    """Lock the packages of a model's own environment."""
    from infra.cli.locking import make_lock

    written = make_lock(ROOT / "pipelines" / refuse_odd_name(args.name), os.environ).relative_to(ROOT)
    told = f"Wrote {written}. Next: tidegate images build {args.name}, then tidegate up"
    return said(told, file=str(written))


def new(args: argparse.Namespace) -> Answer:
    """Write pipelines/<name>/."""
    folder = ROOT / "pipelines" / refuse_odd_name(args.name)
    if folder.exists():
        raise Refused(
            str(folder.relative_to(ROOT)), "this model exists already", "Edit it, or choose another name"
        )
    dataset = _request(args.of, args.framework)
    files = model_files(args.name, dataset, args.framework, args.target)
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    shown = folder.relative_to(ROOT)
    return said(
        f"Wrote {shown}/, of {dataset.name}: say what it sees, what it learns, and what it must reach."
        + ("" if args.of else f"\nOthers may fit as well: --of {fitting(args.framework)}")
        + _own_environment(args.name, files)
        + f"\nNext: tidegate up, then tidegate train {args.name}",
        files=[str(shown / name) for name in files],
    )


def _own_environment(name: str, files: Mapping[str, str]) -> str:
    return f" It trains in an environment of its own: tidegate images build {name}" if LOCK in files else ""


def _request(name: str, framework: str) -> Dataset:
    from tidegate import find

    if name:
        return find.dataset(name)
    found = next((one for one in find.datasets().values() if fits(one, framework)), None)
    if found is None:
        what = "no dataset has a column of text" if framework == TEXT else "no dataset has a time and numbers"
        raise BadRequest("model new", what, "Add one: tidegate dataset new NAME --from SAMPLE")
    return found
