"""The CDK app: it writes the templates of one environment, and needs no account."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from aws_cdk import App

from infra.bundle import stage_code, stage_image
from infra.environments import environment
from infra.layers import ROOT
from infra.stacks.floor import Kit
from infra.stacks.ingest import IngestStack
from infra.stacks.lake import LakeStack
from infra.stacks.serving import ServingStack
from infra.stacks.training import TrainingStack
from infra.stacks.watch import WatchStack
from tidegate.errors import TidegateError
from tidegate.models.ways import check_room
from tidegate.plan import plan

if TYPE_CHECKING:
    from tidegate.plan import Plan

# The same templates from the CDK's CLI, from ours and from a test, whatever a CLI puts into the context.
FLAGS = {
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "aws:cdk:enable-path-metadata": False,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:version-reporting": False,
}


def build(name: str, known: Plan, staging: Path, outdir: str | None) -> App:
    """The app of the environment called `name`, with its stacks."""
    app = App(outdir=outdir, analytics_reporting=False, tree_metadata=False, post_cli_context=FLAGS)
    chosen = name or app.node.try_get_context("environment") or "laptop"
    kit = Kit(
        environment=environment(chosen),
        plan=known,
        code=stage_code(known, staging),
        image=stage_image(staging),
    )
    check_room(kit.environment.name, known.models)
    lake = LakeStack(app, kit=kit)
    ingest = IngestStack(app, kit=kit, lake=lake)
    training = TrainingStack(app, kit=kit, lake=lake)
    serving = ServingStack(app, kit=kit, lake=lake, training=training)
    WatchStack(app, kit=kit, lake=lake, ingest=ingest, training=training, serving=serving)
    return app


def main() -> None:
    """Synthesise to where the caller's environment says; two runs at once do not meet in one folder.

    Raises:
        TidegateError: something is declared wrongly; who started the app can read it as JSON.
    """
    state = ROOT / ".tidegate"
    state.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="synthesis-", dir=state) as staging:
        try:
            build("", plan(), Path(staging), None).synth()
        except TidegateError as error:
            told = {"where": error.where, "what": error.what, "next_step": error.next_step}
            print(json.dumps({"kind": type(error).__name__, **told}))
            raise


if __name__ == "__main__":
    main()
