"""`tidegate model new NAME`: a model's folder to start from, which passes every check before it is edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli.answer import Answer, said
from infra.cli.dataset import refuse_odd_name
from infra.cli.place import ROOT
from infra.cli.scaffold import model_files
from tidegate.errors import BadRequest, Refused

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen
    from tidegate.contract.declare import Dataset


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("what", choices=("new",))
    parser.add_argument("name", help="also in the endpoint's name and in the address of its predictions")
    parser.add_argument(
        "--of",
        default="",
        metavar="DATASET",
        help="whose rows it predicts for (default: the first that fits)",
    )


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Write pipelines/<name>/."""
    folder = ROOT / "pipelines" / refuse_odd_name(args.name)
    if folder.exists():
        raise Refused(
            str(folder.relative_to(ROOT)), "this model exists already", "Edit it, or choose another name"
        )
    files = model_files(args.name, _request(args.of))
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    shown = folder.relative_to(ROOT)
    return said(
        f"Wrote {shown}/: say in features.py what it sees, in fit.py what it learns, "
        "in __init__.py what it must reach.",
        files=[str(shown / name) for name in files],
    )


def _request(name: str) -> Dataset:
    from tidegate import find

    if name:
        return find.dataset(name)
    for dataset in find.datasets().values():
        if dataset.partition:
            return dataset
    raise BadRequest(
        "model new",
        "no dataset has a partition, hence a time to split by",
        "Say which: --of DATASET",
    )
