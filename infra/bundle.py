"""The code that every function gets: the four rooms below `infra`, the plan and the contracts beside them."""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING

from infra.layers import IMAGE, ROOT, closure, part_of_lock
from tidegate.contract.contracts import write_contracts

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.plan import Plan

ROOMS = {"functions": "functions", "pipelines": "pipelines", "schemas": "schemas", "tidegate": "src/tidegate"}
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*")


def stage_code(plan: Plan, into: Path) -> Path:
    """Lay the functions' code out as Lambda unpacks it, with the plan and the contracts beside it."""
    code = _fresh(into / "code")
    for room, source in ROOMS.items():
        shutil.copytree(ROOT / source, code / room, ignore=_LEFT_OUT)
    (code / "plan.json").write_text(plan.to_json(), "utf-8")
    write_contracts(plan.datasets, code / "contracts")
    return code


def stage_image(into: Path) -> Path:
    """Lay the source of the models' image out as CodeBuild unpacks it."""
    image = _fresh(into / "image")
    for room in ("pipelines", "schemas", "tidegate"):
        shutil.copytree(ROOT / ROOMS[room], image / room, ignore=_LEFT_OUT)
    for name in ("Dockerfile", "training.Dockerfile", "buildspec.yml"):
        shutil.copy(ROOT / "infra" / "image" / name, image / name)
    shutil.copy(ROOT / "bootstrap.lock", image / "bootstrap.lock")
    (image / "requirements.txt").write_text(part_of_lock(closure(IMAGE)))
    return image


def tag_of(folder: Path) -> str:
    """The name of a folder's content: 16 digits of a hash over its files and their names."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
