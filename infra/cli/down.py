"""`tidegate down`: stop the local cloud; what it holds is kept for the next `up`."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, counted, said
from infra.cli.outcomes import running
from infra.cli.place import LAPTOP, STATE, Place
from tidegate.errors import Mistake

if TYPE_CHECKING:
    import argparse

    from infra.cli.machines import Execution
    from infra.cli.screen import Screen

PAUSE = 0.5


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument(
        "--forget", action="store_true", help="delete its state too: buckets, tables, models, logs"
    )
    parser.add_argument(
        "--wait", action="store_true", help="first wait for trainings and deployments: a stop ends them"
    )


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Stop it, and forget it when asked to."""
    from infra.local import cloud

    found = cloud.find(STATE / "cloud")
    where = Place(LAPTOP, found) if found else None
    lost = under_way(where) if where else []
    if where and lost and args.wait:
        lost = _wait(where, screen)
    ran = cloud.stop(STATE / "cloud")
    told = "The local cloud is stopped." if ran else "No local cloud of ours was running."
    names = [one.name for one in lost]
    if args.forget:
        shutil.rmtree(STATE, ignore_errors=True)
        return said(told + " Its state is deleted.", stopped=ran, forgotten=True, lost=names)
    told += " Its state is kept; `tidegate up` goes on from there."
    return said(told + about(names), stopped=ran, forgotten=False, lost=names)


def under_way(where: Place) -> list[Execution]:
    """What a stop would end; nothing where too little is deployed to ask."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return running(where)
    except (Mistake, ClientError, BotoCoreError):  # whatever state it is in, it can be stopped
        return []


def about(lost: list[str]) -> str:
    """What is said of executions that the stop has ended."""
    if not lost:
        return ""
    return (
        f"\n{counted(len(lost), 'execution')} under way ended with it: {', '.join(lost)}. After the next "
        "`tidegate up`, `tidegate status` says what to type; `tidegate down --wait` waits for them."
    )


def _wait(where: Place, screen: Screen) -> list[Execution]:
    left = under_way(where)
    with screen.waiting("waiting") as waiting:
        while left:
            waiting.now(f"waiting for {', '.join(one.name for one in left)}")
            time.sleep(PAUSE)
            left = under_way(where)
    return left
