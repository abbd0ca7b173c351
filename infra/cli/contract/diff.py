"""`tidegate contract diff`: what changed between two versions of a contract, and whom that breaks."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.cli.answer import Answer, Exit, counted, grid
from tidegate.errors import BadRequest

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from infra.cli.contract.versions import Documents
    from infra.cli.screen import Screen
    from tidegate.contract.described.change import Change

AGAINST = "HEAD"


def configure(parser: argparse.ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument(
        "versions",
        nargs="*",
        metavar="VERSION",
        help="datasets (default: all), or two schema files, the older first",
    )
    parser.add_argument(
        "--deployed", action="store_true", help="against what is deployed in the environment, and not git"
    )
    parser.add_argument(
        "--against",
        default=AGAINST,
        metavar="REVISION",
        help=f"the older version of datasets, in git ({AGAINST})",
    )


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Compare; 0 where nothing breaks, 1 where something does."""
    from tidegate.contract.described.compare import changes

    found: dict[str, list[Change]] = {}
    for name, (old, new) in _pairs(args).items():
        if old is None or new is None:
            found[name] = [_appeared(name) if new else _vanished(name)]
        else:
            found[name] = list(changes(old, new))
    told = [_document(name, some) for name, some in found.items() if some]
    breaking = any(one["breaking"] for one in told)
    data = {"verdict": "breaking" if breaking else "compatible", "datasets": told}
    return Answer(data, lambda: _page(told), Exit.WANTING if breaking else Exit.FINE)


def _pairs(args: argparse.Namespace) -> dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    """Each dataset's older and newer version."""
    from infra.cli.contract.versions import of_environment, of_files, of_revision

    if any(version.endswith(".py") for version in args.versions):
        if len(args.versions) != 2:
            raise BadRequest(
                "contract diff", "two schema files are compared", "Name the older, then the newer"
            )
        old, new = of_files(*map(Path, args.versions))
        return {new["name"]: (old, new)}
    before = of_environment(args.environment) if args.deployed else of_revision(args.against)
    return _of_datasets(args.versions, before)


def _of_datasets(
    names: list[str], before: Documents
) -> dict[str, tuple[dict[str, Any] | None, dict[str, Any] | None]]:
    from tidegate import find
    from tidegate.contract.described.document import described

    now = find.datasets()
    for name in names:
        if name not in before:
            find.dataset(name)
    chosen = names or sorted({*before, *now})
    return {name: (before.get(name), described(now[name]) if name in now else None) for name in chosen}


def _appeared(name: str) -> Change:
    from tidegate.contract.described.change import Change

    return Change(where=name, what="a new dataset")


def _vanished(name: str) -> Change:
    from tidegate.contract.described.change import Change

    return Change(where=name, what="the dataset is gone", senders=True, readers=True)


def _document(name: str, some: list[Change]) -> dict[str, Any]:
    return {
        "dataset": name,
        "breaking": any(change.breaks for change in some),
        "changes": [{**asdict(change), "breaking": change.breaks} for change in some],
    }


def _page(told: list[dict[str, Any]]) -> RenderableType:
    from rich.console import Group

    if not told:
        return "Nothing changed."
    parts: list[Any] = []
    for one in told:
        rows = [(change["where"], change["what"], _verdict(change)) for change in one["changes"]]
        verdict = "breaking" if one["breaking"] else "compatible"
        title = f"{one['dataset']}: {counted(len(rows), 'change')}, {verdict}"
        parts += [grid(title, ("where", "what", ""), rows), ""]
    return Group(*parts[:-1])


def _verdict(change: dict[str, Any]) -> str:
    words = {
        "senders": "files that were accepted may be refused, or rows of theirs",
        "readers": "readers of the table",
        "table": "the published table cannot become this: publish a dataset of another name",
    }
    whom = [said for name, said in words.items() if change[name]]
    return f"breaking: {'; '.join(whom)}" if whom else "compatible"
