"""`tidegate approve`: let a registered model version go into service; the event that follows deploys it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import place, registry
from infra.cli.answer import Answer, said
from infra.cli.machines import executions
from tidegate.errors import NotFound, Refused, Transient
from tidegate.find import model as find_model
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model")
    parser.add_argument("version", nargs="?", type=int, help="default: the latest that waits")
    parser.add_argument("--because", default="approved by hand", help="kept with the version")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """Approve it."""
    where = place.find(args.environment)
    chosen = _choose(registry.versions(where, find_model(args.model).name), args.model, args.version)
    if chosen.status == registry.APPROVED:
        _refuse_what_is_at_work(where, chosen)
        registry.approve_again(where, chosen)
    else:
        registry.approve(where, chosen, args.because)
    see = f"See: tidegate models {args.model}"
    told = f"{args.model} version {chosen.version} is approved, and on its way. {see}"
    return said(told, model=args.model, version=chosen.version, package_arn=chosen.arn)


def _choose(found: list[registry.Version], model: str, wanted: int | None) -> registry.Version:
    waiting = [one for one in found if one.status == registry.PENDING]
    if wanted is None:
        if not waiting:
            raise NotFound(
                f"model {model}", "no version waits for approval", f"See them: tidegate models {model}"
            )
        return waiting[0]
    fitting = [one for one in found if one.version == wanted]
    if not fitting:
        raise NotFound(
            f"model {model}", f"there is no version {wanted}", f"See them: tidegate models {model}"
        )
    return fitting[0]


def _refuse_what_is_at_work(where: place.Place, chosen: registry.Version) -> None:
    """What is approved is rolled out again where it does not serve: replaced, or its roll-out was lost."""
    if registry.serves(where, chosen.model, chosen.version):
        raise Refused(
            f"model {chosen.model}",
            f"version {chosen.version} is approved, and serves",
            f"See: tidegate models {chosen.model}",
        )
    for one in executions(where, Setting.DEPLOYMENT_MACHINE_ARN):
        if one.running:
            raise Transient(f"deployment {one.name}", "it is under way", "Wait for its end: tidegate status")
