"""`tidegate promote`: approve a version, roll it out, and wait until the endpoint says that it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import deploying, place, registry
from infra.cli.answer import Answer, said
from tidegate.errors import Refused
from tidegate.facts import ModelApproved
from tidegate.find import model as find_model
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    import argparse

    from infra.cli.place import Place
    from infra.cli.screen import Screen
    from tidegate.models.declare import Model


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model")
    parser.add_argument("version", type=int)
    parser.add_argument("--because", default="promoted by hand", help="kept with the version")
    parser.add_argument("--no-wait", action="store_true", help="ask for it, and do not wait for its end")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Approve it, and wait."""
    where = place.find(args.environment)
    model = find_model(args.model)
    chosen = registry.one(where, model.name, args.version)
    if registry.serves(where, chosen.model, chosen.version) and _as_declared(where, model):
        what = f"version {chosen.version} serves already"
        raise Refused(f"model {chosen.model}", what, f"See: tidegate models {chosen.model}")
    fact = ModelApproved(model=chosen.model, version=chosen.version, package_arn=chosen.arn)
    known = deploying.known(where)
    if chosen.status == registry.APPROVED:
        registry.say(where, fact)
    else:
        registry.approve(where, chosen, args.because)
    if args.no_wait:
        told = f"{chosen.model} version {chosen.version} is on its way. See: tidegate models {chosen.model}"
    else:
        deploying.followed(where, fact, known, screen)
        told = f"{chosen.model} version {chosen.version} answers"
    return said(told, model=chosen.model, version=chosen.version, package_arn=chosen.arn)


def _as_declared(where: Place, model: Model) -> bool:
    """Whether what serves has an endpoint of its own just where its folder says that it is serverless."""
    from tidegate.models.ways import Serverless

    own = registry.record(where, model.name).endpoint(where.environment)
    alone = own != resource_name(where.environment, model.name)
    return alone == isinstance(model.serving, Serverless)
