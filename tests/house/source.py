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
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
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


def documented(path: Path) -> Iterator[tuple[str, str]]:
    """The module, its public names and their public methods, each with what its docstring says."""
    tree = ast.parse(path.read_text())
    yield "the module", ast.get_docstring(tree) or ""
    for node in tree.body:
        if isinstance(node, _NAMED) and not node.name.startswith("_"):
            yield node.name, ast.get_docstring(node) or ""
            for method in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(method, _NAMED) and not method.name.startswith("_"):
                    yield f"{node.name}.{method.name}", ast.get_docstring(method) or ""


def anys(path: Path) -> int:
    """How often a type is left open."""
    return sum(isinstance(n, ast.Name) and n.id == "Any" for n in ast.walk(ast.parse(path.read_text())))


LEFT_OUT = {".git", ".venv", ".tidegate", "cdk.out", "node_modules", "__pycache__", ".hypothesis"}


@cache
def files() -> tuple[Path, ...]:
    """Every file of the checkout that a reader may open, generated and private folders left out."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in LEFT_OUT and not name.endswith("_cache")]
        found += [Path(folder) / name for name in names if name not in LEFT_OUT]  # a worktree has a file .git
    return tuple(sorted(found))


def tracked(*suffixes: str) -> list[Path]:
    """The files that end so."""
    return [path for path in files() if path.suffix in suffixes]
