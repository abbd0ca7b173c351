"""A contract that is inferred from a file, as the text of a schema file in the checkout's own format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra.cli.place import ROOT
from tidegate.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from tidegate.contract.infer.accept import Inferred


def inferred(sample: Path, name: str) -> Inferred:
    """Infer the contract of a file.

    Raises:
        NotFound: there is no such file.
        BadRequest: no contract could read it.
    """
    from tidegate.contract.infer.accept import infer
    from tidegate.contract.source import FaultFound, PathSource

    if not sample.is_file():
        raise NotFound(str(sample), "there is no such file", "Name a file as it will arrive")
    try:
        return infer(PathSource(sample), name)
    except FaultFound as found:
        fault = found.fault
        raise BadRequest(str(sample), f"{fault.code}: {fault.what}", fault.next_step) from None


def formatted(text: str) -> str:
    """The text in the format that the checks ask for."""
    command = [str(Path(sys.executable).parent / "ruff"), "format", "--stdin-filename", "schemas/new.py", "-"]
    done = subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else text


def told(inferred: Inferred) -> str:
    """One sentence: does the file keep it?"""
    verdict = inferred.verdict
    if inferred.accepts:
        return f"All {verdict.total_rows:,} rows of the sample keep it"
    if verdict.fault is not None and not verdict.total_rows:
        return f"The sample does not keep it: {verdict.fault.what}"
    return f"{verdict.bad_rows:,} of {verdict.total_rows:,} rows of the sample would be quarantined"
