"""`tidegate test`: every check, as continuous integration runs it; the tests come last."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.answer import Answer, Exit, grid
from infra.cli.place import ROOT

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from infra.cli.screen import Screen

FAST = "not system and not journey"
PROCESSES = 2


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument(
        "--fast", action="store_true", help="without the tests that start a cloud, a synthesis or processes"
    )
    parser.add_argument(
        "--full", action="store_true", help="the figures of every promise in full, not a tenth of them"
    )
    parser.add_argument("pytest", nargs="*", help="passed on to pytest; put -- before its options")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Run each check to its end, and tell how each went."""
    outcomes = []
    for name, command in checks(args).items():
        screen.step(f"[bold]{name}[/]: {' '.join(command)}")
        started = time.monotonic()
        code = subprocess.run(
            _here(command), cwd=ROOT, env=_environment(), stdout=_out(screen), check=False
        ).returncode
        outcomes.append({"check": name, "code": code, "seconds": round(time.monotonic() - started, 1)})
    failed = [str(outcome["check"]) for outcome in outcomes if outcome["code"]]
    rows = [(one["check"], "failed" if one["code"] else "passed", one["seconds"]) for one in outcomes]
    title = f"failed: {', '.join(failed)}" if failed else "every check passed"
    if not args.pytest:
        title += f"; left out, see CONTRIBUTING.md: {', '.join(opt_in())}"
    return Answer(
        outcomes, lambda: grid(title, ("check", "", "s"), rows), Exit.WANTING if failed else Exit.FINE
    )


def checks(args: argparse.Namespace) -> dict[str, list[str]]:
    """Each check's name and command."""
    chosen = list(args.pytest) or parallel()
    if args.fast:
        chosen += ["-m", " and not ".join((FAST, *opt_in()))]
    if args.full:
        chosen += ["--full"]
    return {
        "ruff": ["ruff", "check", "--quiet", "."],
        "format": ["ruff", "format", "--check", "--quiet", "."],
        "mypy": ["mypy"],
        "imports": ["lint-imports"],
        "tests": ["pytest", "-q", *chosen],
    }


def opt_in() -> list[str]:
    """The groups of tests that only run when they are asked for: each needs an environment of its own."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    return sorted(one.partition(":")[0] for one in told["markers"] if one.endswith("(opt-in)"))


def parallel() -> list[str]:
    """Two processes, each with clouds of its own; what shares one is kept together."""
    if (os.cpu_count() or 1) < PROCESSES:
        return []
    return ["-n", str(PROCESSES), "--no-loadscope-reorder"]


def _here(command: Sequence[str]) -> list[str]:
    return [str(Path(sys.executable).parent / command[0]), *command[1:]]


def _environment() -> dict[str, str]:
    # a test must not reach the user's account, whatever his shell has set
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TIDEGATE_"))}


def _out(screen: Screen) -> int | None:
    return subprocess.DEVNULL if screen.as_json else None
