"""The command `tidegate`: reads the command line, runs one command, shows its answer or its error."""

from __future__ import annotations

import argparse
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING

from infra.cli.answer import Exit
from infra.cli.commands import COMMANDS
from infra.cli.screen import Screen
from tidegate import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

_CODES = {
    errors.Unsupported: Exit.UNSUPPORTED,
    errors.Transient: Exit.TRANSIENT,
    errors.TidegateError: Exit.MISTAKE,
}

_EPILOGUE = """\
exit codes: 0 fine · 1 ran, but what it looked at is not as it should be · 2 wrong command line ·
  3 something must be changed · 4 may succeed later · 5 not done by the local cloud
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the result is the exit code."""
    args = parser().parse_args(argv)
    if not args.debug:
        warnings.simplefilter(
            "ignore"
        )  # libraries warn each other; a user of the command can do nothing about it
    screen = Screen(as_json=args.json)
    try:
        answer = args.run(args, screen)
        screen.answer(answer)
        return int(answer.code)
    except KeyboardInterrupt:
        sys.stderr.write("\ntidegate: interrupted; what was started goes on (see `tidegate status`)\n")
        return int(Exit.INTERRUPTED)
    except BrokenPipeError:  # somebody piped us into `head`: nothing left to say, and nobody to say it to
        sys.stderr.close()
        return int(Exit.FINE)
    except Exception as failure:
        if args.debug:
            raise
        told = _told(failure)
        screen.error(told)
        return int(next(code for kind, code in _CODES.items() if isinstance(told, kind)))


def _told(failure: Exception) -> errors.TidegateError:
    """Any failure in three parts; what is not ours is translated, or passed on with its type named."""
    if isinstance(failure, errors.TidegateError):
        return failure
    from infra.cli.translation import translated

    return translated(failure)


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    everywhere = argparse.ArgumentParser(add_help=False)
    everywhere.add_argument("--json", action="store_true", help="answer with one JSON document")
    everywhere.add_argument("--debug", action="store_true", help="show tracebacks")
    everywhere.add_argument("--environment", default="laptop", metavar="NAME", help="default: laptop")
    whole = argparse.ArgumentParser(
        prog="tidegate",
        description="From a dropped file to a live prediction, on AWS or on this machine.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    chosen = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, summary in COMMANDS.items():
        command = chosen.add_parser(name, help=summary, description=summary, parents=[everywhere])
        module = import_module(f"infra.cli.{name}")
        module.configure(command)
        command.set_defaults(run=module.run)
    return whole


if __name__ == "__main__":
    sys.exit(main())
