"""`tidegate images`: the images that jobs may name, and whether each has its environment here; builds it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from infra.cli.answer import Answer, grid, said
from infra.local.images import IMAGES, MLFLOW, Environment
from infra.local.images.own import own_environments

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("what", nargs="?", choices=("list", "build"), default="list")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which to build: {', '.join(_known())}; default: all"
    )


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """List them, or build some."""
    if args.what == "build":
        return _build(args.names, screen)
    found: list[dict[str, Any]] = [
        {
            "name": image.name,
            "repositories": list(image.repositories),
            "built": image.built,
            "megabytes": image.megabytes() if image.built else None,
            "environment": str(image.home),
        }
        for image in _known().values()
    ]
    rows = [
        (one["name"], " ".join(one["repositories"]), "built" if one["built"] else "no", one["megabytes"])
        for one in found
    ]
    return Answer(found, lambda: grid("", ("image", "repositories", "built", "MB"), rows))


def _build(names: list[str], screen: Screen) -> Answer:
    from infra.local.images.build import build
    from tidegate.errors import BadRequest

    known = _known()
    if unknown := [name for name in names if name not in known]:
        raise BadRequest(
            "images build", f"no image is called {unknown[0]}", f"Name one of {', '.join(known)}"
        )
    chosen = [known[name] for name in names or known]
    for image in chosen:
        screen.step(f"building {image.name}")
        build(image, os.environ)
    built = [image.name for image in chosen]
    return said(f"Built {', '.join(built)}: jobs and endpoints with these images run now.", built=built)


def _known() -> dict[str, Environment]:
    every: list[Environment] = [*IMAGES, MLFLOW, *own_environments()]
    return {one.name: one for one in every}
