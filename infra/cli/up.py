"""`tidegate up`: start the local cloud, synthesise the stacks, deploy them; again only what changed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, said
from infra.cli.place import LAPTOP, STATE, Place
from tidegate.errors import Mistake

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

    from infra.cli.screen import Screen, Waiting
    from infra.local.deployer import Progress

PORT = 4566
ASSEMBLY = STATE / "assembly"


@dataclass
class Clock:
    """Seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.monotonic)

    def stage(self, name: str) -> None:
        """The stage `name` ends now."""
        now = time.monotonic()
        self.seconds[name] = round(now - self._since, 1)
        self._since = now


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--port", type=int, help=f"of the local cloud (default: the last one, or {PORT})")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Bring it up, and say where it is."""
    clock = Clock()
    where = bring_up(args.port, screen, clock)
    told = f"Everything runs at {where.address}. Next: tidegate land FILE --dataset NAME, or tidegate demo"
    return said(told, address=where.address, environment=where.environment, seconds=clock.seconds)


def bring_up(port: int | None, screen: Screen, clock: Clock) -> Place:
    """The laptop's place, running and deployed."""
    from infra.local import cloud, deployer, synthesis

    kept = (STATE / "cloud" / "services").is_dir()
    running = cloud.attach()
    if running is None:  # else somebody else runs it, and its port is not ours to remember
        running = cloud.start(STATE / "cloud", port or last_port(STATE))
        remember_port(STATE, running.endpoint)
    clock.stage("start the local cloud")
    screen.step(f"[bold]the local cloud[/] answers at {running.endpoint}")
    with screen.waiting("synthesising the CDK stacks"):
        synthesis.synthesise(ASSEMBLY)
    clock.stage("synthesise")
    screen.step("[bold]synthesised[/] the CDK stacks, the same that go to AWS")
    with screen.waiting("deploying") as waiting, naming_the_way_out(kept):
        deployer.deploy(ASSEMBLY, running, report=lambda progress: tell(progress, screen, waiting))
    clock.stage("deploy")
    return Place(LAPTOP, running)


@contextmanager
def naming_the_way_out(kept: bool) -> Iterator[None]:
    """Where a deployment goes wrong on what an earlier run has kept, say how to begin anew.

    Raises:
        Mistake: the same, with one more thing to try.
    """
    try:
        yield
    except Mistake as error:
        if not kept:
            raise
        begin_anew = (
            "or, where you changed nothing, what the local cloud kept does not fit together, "
            "as after a kill: delete it with tidegate down --forget, then tidegate up"
        )
        raise type(error)(error.where, error.what, f"{error.next_step}; {begin_anew}") from error


def last_port(state: Path) -> int:
    """The port that the cloud of this state was last served at: who knows its address finds it again."""
    kept = state / "port"
    return int(kept.read_text()) if kept.is_file() else PORT


def remember_port(state: Path, endpoint: str) -> None:
    """Keep the port of `endpoint` for the next time."""
    state.mkdir(parents=True, exist_ok=True)
    (state / "port").write_text(endpoint.rpartition(":")[2])


def tell(progress: Progress, screen: Screen, waiting: Waiting) -> None:
    """How far a stack is: a line of its own for its end, the moving line until then."""
    if progress.doing in ("deployed", "unchanged", "deleted"):
        screen.step(f"[bold]{progress.doing}[/] {progress.stack} ({progress.resources} resources)")
    else:
        told = f"{progress.doing} {progress.stack}: {progress.resources_done} of {progress.resources}"
        waiting.now(told)
