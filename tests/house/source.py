"""Reads the checkout for the tests of the house rules."""

from __future__ import annotations

import ast
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("src", "schemas", "pipelines", "functions", "infra")


def modules(*rooms: str) -> list[Path]:
    """Every Python file of these rooms."""
    return sorted(
        path
        for room in rooms or ROOMS
        for path in (ROOT / room).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def lines(path: Path) -> int:
    """How long a file is."""
    return len(path.read_text().splitlines())


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function's name and its length, docstring and decorators included."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1


LEFT_OUT = {".git", ".venv", ".tidegate", "cdk.out", "node_modules", "__pycache__", ".hypothesis"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the checkout that a reader may open, generated and private folders left out."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not name.endswith("_cache")]
        found += [Path(folder) / name for name in names]
    return tuple(sorted(found))


def tracked(*suffixes: str) -> list[Path]:
    """The files that end so."""
    return [path for path in files() if path.suffix in suffixes]
