"""`tidegate images`: AWS's own images, whether the environment of each is built; and builds them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from infra.cli.answer import Answer, grid, said
from infra.local.images import IMAGES

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    known = [image.name for image in IMAGES]
    parser.add_argument("what", nargs="?", choices=("list", "build"), default="list")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"which to build: {', '.join(known)}; default: all"
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
        for image in IMAGES
    ]
    rows = [
        (one["name"], " ".join(one["repositories"]), "built" if one["built"] else "no", one["megabytes"])
        for one in found
    ]
    return Answer(found, lambda: grid("", ("image", "repositories", "built", "MB"), rows))


def _build(names: list[str], screen: Screen) -> Answer:
    from infra.local.images.build import build
    from tidegate.errors import BadRequest

    known = {image.name: image for image in IMAGES}
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
