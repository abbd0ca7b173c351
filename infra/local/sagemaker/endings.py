"""How a job's container ends, and what that makes of the job."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

RUNTIME_UP = "MaxRuntimeExceeded"
WAIT_UP = "MaxWaitTimeExceeded"
LONGEST_REASON = 1024


class JobFailedError(Exception):
    """The job ends as Failed, for a reason that its owner reads."""


class TimeUpError(Exception):
    """The job ends as Stopped, since it took longer than it may: by which limit, in SageMaker's words."""


@dataclass(frozen=True)
class Ended:
    """How a container ended: its exit code, None when its time was up, and the end of its output."""

    code: int | None
    last_words: str


def judge(ml: Path, ended: Ended, limit: str = RUNTIME_UP) -> None:
    """Say whether a container that ended did its job: its failure file tells, else the end of its output.

    Raises:
        JobFailedError: it ended with an error.
        TimeUpError: it was ended, by that limit.
    """
    if ended.code is None:
        raise TimeUpError(limit)
    if ended.code:
        file = ml / "output" / "failure"
        said = file.read_text(errors="replace") if file.is_file() else ended.last_words
        said = said[-LONGEST_REASON + 60 :] or "the container wrote nothing"
        raise JobFailedError(f"AlgorithmError: {said}, exit code: {ended.code}")
