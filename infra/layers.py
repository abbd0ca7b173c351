"""Lambda layers from the lock, without Docker: which distributions each holds, its hash, and its content.

A layer's hash is that of its part of `requirements.lock` with the interpreter and the processor, so templates
are the same wherever they are made. Its content is fetched by uv for AWS; on the laptop it is a note, since
the interpreter of the local cloud has these packages already.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.metadata import requires
from pathlib import Path, PurePath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tidegate.errors import Mistake

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
PYTHON = "3.13"
PLATFORM = "aarch64-manylinux_2_34"  # Amazon Linux 2023, which Lambda's Python 3.13 stands on, has glibc 2.34

LAYERS: dict[str, tuple[str, ...]] = {
    "base": ("aws-lambda-powertools", "orjson"),
    "checking": ("backports.zstd", "numpy", "polars", "python-calamine", "tzdata"),
    "schemas": ("pandera[polars]",),
    "tables": ("pyiceberg[glue]",),
}
_BESIDE = {"base": (), "checking": ("base",), "schemas": ("base", "checking"), "tables": ("base",)}
RUNTIME = ("boto3",)  # comes with Lambda's Python
IMAGE = (
    "awswrangler", "boto3", "httptools", "numpy", "onnx", "onnxruntime", "orjson", "pandera[polars]",
    "polars", "protobuf", "pyarrow", "scikit-learn", "skl2onnx", "tzdata", "uvicorn", "uvloop",
)  # fmt: skip

_IDLE = {"__pycache__", "tests", "f2py"}  # f2py compiles Fortran

_TARGET = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "aarch64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": f"{PYTHON}.0",
    "python_version": PYTHON,
    "sys_platform": "linux",
}


def lock_of(layer: str) -> str:
    """The part of the lock that a layer holds: what it needs, less what stands beside it."""
    names = closure(LAYERS[layer]) - closure(RUNTIME)
    for other in _BESIDE[layer]:
        names -= closure(LAYERS[other])
    return part_of_lock(names)


def hash_of(layer: str) -> str:
    """The name of a layer's content."""
    return hashlib.sha256(f"{PYTHON} {PLATFORM}\n{lock_of(layer)}".encode()).hexdigest()


def content_of(layer: str) -> Path:
    """The folder that becomes the layer: built, or a note where `TIDEGATE_LAYERS=local`."""
    local = os.environ.get("TIDEGATE_LAYERS") == "local"  # a switch of synthesis, not a setting of what runs
    folder = ROOT / ".tidegate" / "layers" / hash_of(layer) / ("note" if local else "aws")
    if not folder.exists():
        (_note if local else _build)(layer, folder)
    return folder


@cache
def closure(tops: tuple[str, ...]) -> frozenset[str]:
    """The names of `tops` and of everything they need in Lambda, from the metadata of this environment."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(tops)
    while waiting:
        text = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        wanted = Requirement(text)
        found.add(canonicalize_name(wanted.name))
        for need in map(Requirement, requires(wanted.name) or ()):
            extras = wanted.extras or {""}
            if need.marker is None or any(
                need.marker.evaluate({**_TARGET, "extra": e}) for e in {"", *extras}
            ):
                waiting.append(f"{need.name}[{','.join(sorted(need.extras))}]" if need.extras else need.name)
    return frozenset(found)


def part_of_lock(names: frozenset[str]) -> str:
    """The lock's entries, with their hashes, of these distributions.

    Raises:
        Mistake: the lock does not hold one of them.
    """
    entries = _entries()
    missing = sorted(names - entries.keys())
    if missing:
        raise Mistake(
            "requirements.lock",
            f"it has no {', '.join(missing)}",
            "Make the lock anew, as its first line says",
        )
    return "".join(entries[name] for name in sorted(names))


def install(lock: str, into: Path, python: str, platform: str | None) -> None:
    """Install the entries of `lock`, and nothing else, into a folder."""
    into.parent.mkdir(parents=True, exist_ok=True)
    listed = into.parent / f"{into.name}.txt"
    listed.write_text(lock)
    command = [_uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command += ["--python-version", python, "--target", str(into), "-r", str(listed)]
    command += ["--python-platform", platform] if platform else []
    subprocess.run(command, check=True)


@cache
def _entries() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in re.split(r"\n(?=\S)", LOCK.read_text()):
        if entry.startswith("#"):
            continue
        line, _, hashes = entry.rstrip().partition(" \\\n")
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({**_TARGET, "extra": ""}):
            found[canonicalize_name(requirement.name)] = (
                f"{requirement.name}{requirement.specifier} \\\n{hashes}\n"
            )
    return found


def _build(layer: str, folder: Path) -> None:
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    install(lock_of(layer), unfinished / "python", PYTHON, PLATFORM)
    shutil.rmtree(unfinished / "python" / "bin", ignore_errors=True)
    for path in unfinished.rglob("*"):
        if path.is_file() and not runs(path.relative_to(unfinished)):
            path.unlink()
    unfinished.rename(folder)


def runs(file: PurePath) -> bool:
    """Whether a distribution's file has a part in running it: tests, stubs and headers have none."""
    return _IDLE.isdisjoint(file.parts) and file.suffix not in {".pyi", ".h", ".a"}


def _note(layer: str, folder: Path) -> None:
    (folder / "python").mkdir(parents=True)
    text = f"The interpreter of the local cloud brings what the layer {layer!r} holds in AWS.\n"
    (folder / "python" / "README.txt").write_text(text)


def _uv() -> str:
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else "uv"
