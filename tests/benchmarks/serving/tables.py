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
    "|  | µs of processor a request | bare to it | Flask to it | requests a second | p50 ms, 1 connection "
    "| p99 ms, 16 | 100 rows: µs of processor | start s | resident MB |"
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
    cells = [
        name,
        f"{_least(taken, _of_many):,.1f}",
        *(_ratio(lines.get(peer, ()), taken) for peer in (BARE, FLASK)),
        f"{_most(taken, lambda line: line.many.answered.per_second):,.0f}",
        f"{_least(taken, lambda line: line.alone.answered.median_ms):.3f}",
        f"{_least(taken, lambda line: line.many.answered.slow_ms):.1f}",
        f"{_least(taken, lambda line: line.hundred.processor):,.0f}",
        f"{_least(taken, lambda line: line.start_seconds):.1f}",
        f"{_least(taken, lambda line: line.resident_mb):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _costs(lines: Mapping[str, Sequence[Line]]) -> list[str]:
    """What each part takes of a request, by what is left without it."""
    whole = _least(lines[OURS], _of_many)
    said = []
    for name, parts in LESS.items():
        if lines.get(name):
            left = _least(lines[name], _of_many)
            said.append(f"- {' and '.join(parts.split())}: {whole - left:.1f} µs of {whole:.1f} µs a request")
    return said


def _ratio(peer: Sequence[Line], taken: Sequence[Line]) -> str:
    """What the peer takes of the processor for what this one takes, each at its best."""
    least = _least(taken, _of_many)  # a few requests may take less than the kernel counts
    return f"{_least(peer, _of_many) / least:.2f}" if peer and least else ""


def _of_many(line: Line) -> float:
    return line.many.processor


def _most(taken: Sequence[Line], figure: Callable[[Line], float]) -> float:
    return max(map(figure, taken))


def _least(taken: Sequence[Line], figure: Callable[[Line], float]) -> float:
    return min(map(figure, taken))
