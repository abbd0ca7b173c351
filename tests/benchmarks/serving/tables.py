"""What was measured, as the tables of docs/benchmarks.md."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.serving.programs import BARE, FLASK, LESS, OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tests.benchmarks.serving.load import Answered

HEAD = (
    "|  | requests a second | to bare | to Flask | µs of processor a request | p50 ms, 1 connection "
    "| p99 ms, 16 | 100 rows: requests a second | start s | resident MB |"
)


@dataclass(frozen=True)
class Rate:
    """How one server answered, and the microseconds of processor that a request took it."""

    answered: Answered
    processor: float


@dataclass(frozen=True)
class Line:
    """One server in one round."""

    start_seconds: float
    resident_mb: float
    alone: Rate
    many: Rate
    hundred: Rate

    def __str__(self) -> str:
        return f"{self.many.answered.per_second:,.0f} a second, {self.many.processor:.1f} µs each"


def answered(lines: Iterable[Line]) -> int:
    """How many rows a server answered while it was measured."""
    return sum(
        one.alone.answered.requests + one.many.answered.requests + 100 * one.hundred.answered.requests
        for one in lines
    )


def table(lines: Mapping[str, Sequence[Line]], rounds: int) -> str:
    """Everything, as Markdown."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    said = [
        f"{platform.machine()}, Python {platform.python_version()}, best of {rounds}; load at the end {load}"
    ]
    said += ["", HEAD, "|---" * 10 + "|"]
    said += [_row(name, taken, lines) for name, taken in lines.items()]
    return "\n".join([*said, "", *_costs(lines), ""]) + "\n"


def _row(name: str, taken: Sequence[Line], lines: Mapping[str, Sequence[Line]]) -> str:
    rate = _most(taken, lambda line: line.many.answered.per_second)
    ratios = [
        f"{rate / _most(lines[peer], lambda line: line.many.answered.per_second):.2f}"
        if lines.get(peer)
        else ""
        for peer in (BARE, FLASK)
    ]
    cells = [
        name,
        f"{rate:,.0f}",
        *ratios,
        f"{_least(taken, lambda line: line.many.processor):.1f}",
        f"{_least(taken, lambda line: line.alone.answered.median_ms):.3f}",
        f"{_least(taken, lambda line: line.many.answered.slow_ms):.1f}",
        f"{_most(taken, lambda line: line.hundred.answered.per_second):,.0f}",
        f"{_least(taken, lambda line: line.start_seconds):.1f}",
        f"{_least(taken, lambda line: line.resident_mb):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _costs(lines: Mapping[str, Sequence[Line]]) -> list[str]:
    """What each part takes of a request, by what is left without it."""
    whole = _least(lines[OURS], lambda line: line.many.processor)
    said = []
    for name, parts in LESS.items():
        if lines.get(name):
            left = _least(lines[name], lambda line: line.many.processor)
            said.append(f"- {' and '.join(parts.split())}: {whole - left:.1f} µs of {whole:.1f} µs a request")
    return said


def _most(taken: Sequence[Line], figure: Callable[[Line], float]) -> float:
    return max(map(figure, taken))


def _least(taken: Sequence[Line], figure: Callable[[Line], float]) -> float:
    return min(map(figure, taken))
