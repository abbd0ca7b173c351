"""What a command gives back: a value for programs, a view for people, and an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import RenderableType


SHORT = 16  # characters of a cell that stays whole: a moment, a state, the beginning of an id


class Exit(IntEnum):
    """How the command ends, for the shell."""

    FINE = 0
    WANTING = 1  # it ran, and what it looked at is not as it should be
    USAGE = 2  # the command line itself was wrong
    MISTAKE = 3  # somebody must change something; a retry cannot help
    TRANSIENT = 4  # the same command may succeed later
    UNSUPPORTED = 5  # the local cloud does not do this
    INTERRUPTED = 130


@dataclass(frozen=True)
class Answer:
    """One command's outcome; `view` is drawn only when a person looks."""

    data: Any  # whatever JSON can hold: its shape is promised in docs/command.md
    view: Callable[[], RenderableType]
    code: Exit = Exit.FINE


def said(text: str, **data: Any) -> Answer:
    """An answer of one sentence."""
    return Answer({"said": text, **data}, lambda: text)


def counted(number: int, noun: str) -> str:
    """A number with its noun: `1 row`, `2,226 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def minute(moment: str) -> str:
    """A moment as tables show it, in UTC and to the minute: `2013-07-02 22:45`."""
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""


def grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> RenderableType:
    """A table as every command draws it; numbers to the right and whole, nothing interpreted as markup."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    held = [list(row) for row in rows]
    table = Table(header_style="bold", show_header=any(columns))
    for index, column in enumerate(columns):
        numeric = bool(held) and all(isinstance(row[index], int | float | None) for row in held)
        table.add_column(
            column,
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=numeric or _short(held, index),
        )
    for row in held:
        table.add_row(
            *(
                Text("" if value is None else f"{value:,}" if isinstance(value, int) else str(value))
                for value in row
            )
        )
    return Group(Text(title, style="italic"), table) if title else table


def _short(rows: Sequence[Sequence[Any]], index: int) -> bool:
    """Whether every cell of a column is so short that a narrow terminal should rather fold another one."""
    return all(len(str(row[index] or "")) <= SHORT for row in rows)
