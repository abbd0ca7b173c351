"""A contract of the tests' rooms as somebody changes it between two files, and deploys it."""

from __future__ import annotations

import shutil
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from functions import transform, validate
from tests.functions.world import ROOMS, forget

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def changed(into: Path, dataset: str, before: str = "", after: str = "") -> Iterator[None]:
    """Within, `schemas/<dataset>.py` says `after` where it said `before`."""
    import schemas

    for path in (ROOMS / "schemas").glob("*.py"):
        if not (into / path.name).exists():
            shutil.copy(path, into / path.name)
    text = (into / f"{dataset}.py").read_text()
    assert before in text
    (into / f"{dataset}.py").write_text(text.replace(before, after))
    was = schemas.__path__
    schemas.__path__ = [str(into)]
    read_anew()
    try:
        yield
    finally:
        schemas.__path__ = was
        read_anew()


def read_anew() -> None:
    """Forget every contract that was read, as a new deployment does."""
    for name in [name for name in sys.modules if name.startswith("schemas.")]:
        del sys.modules[name]
    forget()
    validate.intake.cache_clear()
    transform.step.cache_clear()
