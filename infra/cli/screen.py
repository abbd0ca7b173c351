"""Where a command speaks while it works: the terminal for people, nothing for programs."""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console, RenderableType
    from rich.status import Status

    from infra.cli.answer import Answer
    from tidegate.errors import TidegateError


@dataclass(frozen=True)
class Waiting:
    """The moving line, which can be told what is waited for now."""

    status: Status | None

    def now(self, text: str) -> None:
        """Change what it says."""
        if self.status is not None:
            self.status.update(text)


class Screen:
    """One terminal; with `as_json`, progress is silent and the answer is one JSON document."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._console: Console | None = None
        self._started = time.monotonic()

    @property
    def console(self) -> Console:
        """Rich's console, made when first needed: importing it costs a tenth of a second."""
        if self._console is None:
            from rich.console import Console

            # what is piped is wide, so that a line of a table can be searched for
            self._console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
        return self._console

    def step(self, text: str) -> None:
        """One line of progress, with the seconds since the command began."""
        if not self.as_json:
            from rich.text import Text

            seconds = time.monotonic() - self._started
            self.console.print(Text(f"{seconds:6.1f} s  ", style="dim") + Text.from_markup(text))

    @contextmanager
    def waiting(self, text: str) -> Iterator[Waiting]:
        """A moving line at the bottom while something takes its time; only where a person looks on."""
        if self.as_json or not self.console.is_terminal:
            yield Waiting(None)
            return
        with self.console.status(text) as status:
            yield Waiting(status)

    def show(self, view: RenderableType) -> None:
        """Something longer on the way to the answer."""
        if not self.as_json:
            self.console.print(view, soft_wrap=False)

    def answer(self, answer: Answer) -> None:
        """The command's outcome."""
        if self.as_json:
            sys.stdout.write(json.dumps(answer.data, default=str, indent=2) + "\n")
        else:
            view = answer.view()
            self.console.print(view, soft_wrap=isinstance(view, str), markup=False)

    def error(self, error: TidegateError) -> None:
        """Where it happened, what was said, what to try next."""
        if self.as_json:
            told = {
                "kind": type(error).__name__,
                "where": error.where,
                "what": error.what,
                "next_step": error.next_step,
            }
            sys.stdout.write(json.dumps({"error": told}, indent=2) + "\n")
        else:
            sys.stderr.write(f"tidegate: {error.where}: {error.what}\n  → {error.next_step}\n")
