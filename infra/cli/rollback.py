"""`tidegate rollback`: what served before comes back, in one step; the endpoint is asked what answers."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from infra.cli import deploying, place, registry
from infra.cli.answer import Answer, said
from tidegate.errors import NotFound
from tidegate.facts import RollbackRequested
from tidegate.find import model as find_model

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("model")
    parser.add_argument("--because", default="", help="kept with the version, and told on the bus")
    parser.add_argument("--no-wait", action="store_true", help="ask for it, and do not wait for its end")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Ask for it, and wait."""
    from tidegate.models.in_service import leaving

    where = place.find(args.environment)
    model = find_model(args.model).name
    record, endpoint = registry.record(where, model), registry.endpoint(where, model)
    if endpoint is None:
        raise NotFound(
            f"model {model}", "no version of it is in service", f"tidegate promote {model} VERSION"
        )
    leaves = leaving(record, endpoint["status"], endpoint["config"], datetime.now(UTC))
    if leaves == record.version:
        record.before(leaves)  # raises Refused while nothing served before
    fact = RollbackRequested(model=model, version=leaves, asked_by=getpass.getuser(), because=args.because)
    known = deploying.known(where)
    registry.say(where, fact)
    if args.no_wait:
        told = f"{model} version {leaves} is to leave. See: tidegate models {model}"
        return said(told, model=model, version=leaves)
    came = deploying.followed(where, fact, known, screen)
    back_to = came.get("back_to", came["version"])
    told = f"{model} version {back_to} answers again; version {leaves} left"
    return said(told, model=model, version=leaves, back_to=back_to)
