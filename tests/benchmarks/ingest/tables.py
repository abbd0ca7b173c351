"""What the programs took, as a table of Markdown."""

from __future__ import annotations

import datetime as dt
import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.benchmarks.ingest.measure import Run

FILE, STREAM = "polars_file", "polars_stream"
CORE_GB = 1.728  # of memory come with one whole core of Lambda: 1,769 MB
_NAMES = {
    FILE: "the limit: polars, unchecked, from a local file to local files",
    STREAM: "the limit from a stream: polars, unchecked, from S3 to S3",
    "pandera_polars": "pandera on polars, eager",
    "careful_pandas": "pandas + pandera + awswrangler",
    "duckdb_sql": "DuckDB SQL",
}
_PACKAGES = ("polars", "pandera", "pandas", "awswrangler", "duckdb")


@dataclass(frozen=True)
class Line:
    """What one program took, or several together."""

    cpu: float
    resident: float
    anonymous: float
    imported: float | None = None
    rows: tuple[int, int] | None = None  # good, bad

    @classmethod
    def of(cls, run: Run) -> Line:
        """The line of one process."""
        said = run.said
        rows = (said["good"], said["bad"]) if "good" in said else None
        return cls(run.cpu, run.resident, run.anonymous, said.get("import"), rows)

    @classmethod
    def together(cls, lines: Iterable[Line]) -> Line:
        """Several processes, one after another."""
        every = list(lines)
        return cls(
            sum(line.cpu for line in every),
            max(line.resident for line in every),
            max(line.anonymous for line in every),
            sum(line.imported or 0 for line in every),
            next((line.rows for line in every if line.rows), None),
        )


def machine(rounds: int) -> str:
    """What ran where."""
    told = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in told if line.startswith("model name")), "?")
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    day = dt.datetime.now(dt.UTC).date()
    return (
        f"{day}, {model}, one core of {os.cpu_count()} for each, load {os.getloadavg()[1]:.1f}, "
        f"Python {platform.python_version()}, {packages}; medians of {rounds} rounds.\n"
    )


def table(title: str, size: int, rounds: Sequence[dict[str, Line]]) -> str:
    """The medians of several rounds, and the ratios to the limit within each."""
    head = (
        f"\n**{title}, {size / 1e6:,.1f} MB**\n\n"
        "| | processor s | of it imports | to limit, file | to limit, stream | resident MB | anonymous MB "
        "| GB-s per GB | good, bad rows |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(name, size, rounds) for name in rounds[0])


def _row(name: str, size: int, rounds: Sequence[dict[str, Line]]) -> str:
    lines = [one[name] for one in rounds]
    cpu = median(line.cpu for line in lines)
    anonymous = median(line.anonymous for line in lines)
    imports = [line.imported for line in lines if line.imported is not None]
    rows = lines[0].rows
    cells = [
        _NAMES.get(name, name),
        f"{cpu:.2f}",
        f"{median(imports):.2f}" if imports else "",
        *(f"{median(one[name].cpu / one[limit].cpu for one in rounds):.2f}" for limit in (FILE, STREAM)),
        f"{median(line.resident for line in lines):,.0f}",
        f"{anonymous:,.0f}",
        f"{cpu * max(CORE_GB, anonymous / 1024) / (size / 1e9):,.1f}",
        f"{rows[0]:,}, {rows[1]:,}" if rows else "",
    ]
    return f"| {' | '.join(cells)} |\n"
