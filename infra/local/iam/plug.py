"""Plug into MiniStack what IAM does between services."""

from __future__ import annotations

import os
from pathlib import Path

from infra.local.iam import deliveries, functions, passing, polling, record, resources, signed, tasks

RECORD = "TIDEGATE_LOCAL_IAM_RECORD"  # the file that decisions about roles are written to


def install() -> None:
    """Enforce it from now on, and keep a record where a file is named."""
    wanted = os.environ.get(RECORD, "")
    if wanted:
        record.record_to(Path(wanted))
    resources.install()
    signed.install()
    functions.install()
    passing.install()
    deliveries.install()
    polling.install()
    tasks.install()
