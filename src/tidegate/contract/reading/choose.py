"""Which reader a file wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.contract.reading import csv

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.contract.batch import Batch
    from tidegate.contract.compiled import Plan
    from tidegate.contract.source import Limits, Source


def batches(source: Source, plan: Plan, limits: Limits) -> Iterator[Batch]:
    """The file's rows, a batch at a time, in its order.

    Raises:
        FaultFound: the file as a whole cannot be read.
    """
    return csv.batches(source, plan, plan.formats[0], limits)
