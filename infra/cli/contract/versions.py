"""Contracts of another version than the checkout's: a schema file, a git revision, what is deployed.

They are loaded in a process of their own, with today's kit and yesterday's `schemas/`, so that no module of
this one is touched.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from infra.cli import place
from infra.cli.place import ROOT
from tidegate.errors import BadRequest, NotFound

Documents = dict[str, dict[str, Any]]
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SCHEMA = re.compile(r"schemas/\w+\.py")

# what the process does: find every dataset of the room that lies first on its path, and print what each says
_TELL = """
import json, sys
sys.path[:0] = sys.argv[1:]
from importlib import import_module
from pkgutil import iter_modules
from tidegate.contract.declare import Dataset
from tidegate.contract.described.document import described
told = {}
for info in iter_modules(import_module("schemas").__path__):
    if not info.name.startswith("_"):
        declared = getattr(import_module(f"schemas.{info.name}"), "dataset", None)
        if isinstance(declared, Dataset):
            told[declared.name] = described(declared)
print(json.dumps(told))
"""


def of_files(*paths: Path) -> list[dict[str, Any]]:
    """What each schema file declares.

    Raises:
        NotFound: there is no such file.
        BadRequest: it declares no dataset.
    """
    found: list[dict[str, Any]] = []
    for path in paths:
        if not path.is_file():
            raise NotFound(str(path), "there is no such file", "Name a schema file, or a dataset")
        with tempfile.TemporaryDirectory(prefix="tidegate-schemas-") as folder:
            room = Path(folder) / "schemas"
            room.mkdir()
            (room / "__init__.py").touch()
            name = path.stem if _NAME.fullmatch(path.stem) else "version"
            shutil.copy(path, room / f"{name}.py")
            for shared in path.parent.glob("_*.py"):
                shutil.copy(shared, room / shared.name)
            documents = _told(Path(folder), str(path))
        if len(documents) != 1:
            raise BadRequest(str(path), "it declares no dataset", "End it with: dataset = Dataset(…)")
        found.extend(documents.values())
    return found


def of_revision(revision: str, root: Path = ROOT) -> Documents:
    """Every dataset of `schemas/` as it stood at a git revision.

    Raises:
        NotFound: git knows no such revision, or it has no schemas.
    """
    done = subprocess.run(
        ["git", "archive", "--format=tar", "--end-of-options", revision, "schemas"],
        cwd=root,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise NotFound(
            f"git revision {revision}", said[-1] if said else "git cannot read it", "Name one that exists"
        )
    with tempfile.TemporaryDirectory(prefix="tidegate-schemas-") as folder:
        with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
            archive.extractall(folder, filter="data")
        return _told(Path(folder), f"git revision {revision}")


def of_environment(environment: str) -> Documents:
    """Every dataset as it is deployed: the schemas that lie in the code of the deployed functions.

    Raises:
        NotFound: nothing is deployed there, or no local cloud runs.
    """
    name = f"tidegate-{environment}-transform"
    functions = place.find(environment).client("lambda")
    try:
        address = functions.get_function(FunctionName=name)["Code"]["Location"]
    except functions.exceptions.ResourceNotFoundException:
        raise NotFound(
            f"function {name}", "it is not deployed", "Deploy first, or compare with git"
        ) from None
    with urlopen(address) as answer, tempfile.TemporaryDirectory(prefix="tidegate-schemas-") as folder:  # noqa: S310
        with zipfile.ZipFile(BytesIO(answer.read())) as archive:
            for part in filter(_SCHEMA.fullmatch, archive.namelist()):
                archive.extract(part, folder)
        return _told(Path(folder), f"environment {environment}")


def _told(folder: Path, where: str) -> Documents:
    paths = [str(folder), str(ROOT / "src"), str(ROOT)]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _TELL, *paths],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        what = said[-1][:300] if said else "it cannot be loaded"
        raise BadRequest(where, what, "It must be a schema that this version of the kit can load")
    documents: Documents = json.loads(done.stdout)
    return documents
