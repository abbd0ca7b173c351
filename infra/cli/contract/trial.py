"""What would become of a file, found out on this machine: the engine's verdict, the dataset's own step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from tidegate.contract.arriving import arriving_in
from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Sees
from tidegate.contract.engine import check
from tidegate.contract.preparing import prepare
from tidegate.contract.source import LARGEST_FILE
from tidegate.contract.verdict import MASK, FileFault, Tally, Verdict
from tidegate.lake.after_step import after_step
from tidegate.lake.entry import State
from tidegate.lake.step import LARGEST_WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.batch import Numbers
    from tidegate.contract.declare import Dataset
    from tidegate.contract.source import Source

_SHOWN = 5


@dataclass
class _Counting:
    """A keeper that lets rows go, but for the first; what it is told to take back it remembers."""

    hand_on: Callable[[pl.DataFrame], None]
    gone: list[Numbers] = field(default_factory=list)
    leave_out: Numbers = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Hand good rows on, less those that are known to be taken back."""
        stay = ~np.isin(row, self.leave_out)
        self.hand_on(good if stay.all() else good.filter(pl.Series(stay)))

    def refuse(self, bad: pl.DataFrame) -> None:
        """The verdict counts them."""

    def take_back(self, row: Numbers) -> None:
        """Remember them."""
        self.gone.append(row)

    def amend(self, more: pl.DataFrame) -> None:
        """The verdict counts them."""


@dataclass
class Stepped:
    """What the dataset's own step made of the good rows."""

    good: int = 0
    bad: int = 0
    tally: Tally = field(default_factory=Tally)
    failed: str = ""  # why its whole file would be quarantined
    waiting: list[pl.DataFrame] = field(default_factory=list)  # rows for a step that sees all at once
    bytes: int = 0  # that they take


@dataclass(frozen=True)
class Trial:
    """What would become of a file."""

    dataset: Dataset
    verdict: Verdict
    step: Stepped | None
    shown: pl.DataFrame  # the first rows that would be published, personal values masked
    size: int

    @property
    def published(self) -> int:
        """The rows that readers would find."""
        if self.fault is not None:
            return 0
        return self.verdict.good_rows if self.step is None else self.step.good

    @property
    def bad(self) -> int:
        """The rows that would be kept apart."""
        return self.verdict.bad_rows + (self.step.bad if self.step else 0)

    @property
    def fault(self) -> FileFault | None:
        """Why the file as a whole would be quarantined."""
        if self.size > LARGEST_FILE:
            what = f"{self.size:,} bytes are more than the {LARGEST_FILE:,} that one function reads"
            return FileFault(code="too_large", what=what, next_step="Split the file")
        if self.verdict.fault is None and self.step is not None and self.step.failed:
            code, _, what = self.step.failed.partition(": ")
            return FileFault(code=code, what=what, next_step="Mend the step in its schema file")
        return self.verdict.fault

    @property
    def state(self) -> State:
        """The end that it would come to."""
        if self.fault is not None:
            return State.QUARANTINED
        return State.PARTLY_PUBLISHED if self.bad else State.PUBLISHED


def try_out(source: Source, dataset: Dataset, environment: str = "") -> Trial:
    """Check a file, and run the dataset's own step on its good rows; nothing is written anywhere."""
    plan = plan_of(dataset)
    first: list[pl.DataFrame] = []

    def show(rows: pl.DataFrame) -> None:
        if sum(frame.height for frame in first) < _SHOWN:
            first.append(rows.head(_SHOWN))

    keeper = _Counting((lambda _rows: None) if dataset.transform else show)
    arriving = arriving_in(environment, prepare(dataset))
    verdict = check(source, plan, keeper, landed_at=datetime.now(UTC), arriving=arriving)
    step = None
    if dataset.transform is not None and verdict.fault is None:
        step = Stepped()
        gone = np.concatenate([np.zeros(0, dtype=np.int64), *keeper.gone])
        _run_step(source, dataset, _Counting(show, leave_out=gone), step, arriving)
    shown = pl.concat(first, how="diagonal").head(_SHOWN) if first else pl.DataFrame()
    masked = [pl.repeat(MASK, pl.len()).alias(name) for name in dataset.personal() if name in shown.columns]
    return Trial(dataset, verdict, step, shown.with_columns(masked) if masked else shown, source.size)


def _run_step(
    source: Source, dataset: Dataset, counting: _Counting, step: Stepped, arriving: Arriving
) -> None:
    """Read the file once more, less the rows that turned out to be bad behind themselves."""

    def take(rows: pl.DataFrame) -> None:
        if dataset.transform_sees is Sees.ROWS:
            _step_on(rows, dataset, step, counting.hand_on)
            return
        step.bytes += int(rows.estimated_size())
        if step.bytes > LARGEST_WHOLE:
            step.failed = f"too_large_for_step: the step sees at most {LARGEST_WHOLE:,} bytes of rows at once"
            step.waiting.clear()
        else:
            step.waiting.append(rows)

    taking = _Counting(take, leave_out=counting.leave_out)
    check(source, plan_of(dataset), taking, landed_at=datetime.now(UTC), arriving=arriving)
    if step.waiting and not step.failed:
        _step_on(pl.concat(step.waiting, how="diagonal"), dataset, step, counting.hand_on)
    if not step.good and not step.failed:
        step.failed = "step_failed: no row that the step returned keeps the contract"


def _step_on(
    rows: pl.DataFrame, dataset: Dataset, step: Stepped, show: Callable[[pl.DataFrame], None]
) -> None:
    if step.failed:
        return
    try:
        found = after_step(dataset, rows, first=step.good + step.bad + 1)
    except Exception as error:  # noqa: BLE001 - somebody's own code: here its own words help
        step.failed = f"step_failed: the step raised {type(error).__name__}: {str(error)[:200]}"
        return
    step.good += found.good.height
    step.bad += found.bad.height
    step.tally.add(found.bad)
    show(found.good)


def not_judged(dataset: Dataset) -> list[str]:
    """What nobody can judge without the files that landed before, or without the tables."""
    said = []
    if dataset.unique_across_files:
        said.append(f"whether another file brought the same {', '.join(dataset.key)} before")
    said += [f"whether its {', '.join(one.columns)} names a row of {one.to}" for one in dataset.references]
    if dataset.overwrite.value != "append":
        said.append(f"whether its name landed before, upon which it would {dataset.overwrite.value}")
    return said


def rules_of_step(step: Stepped) -> list[dict[str, Any]]:
    """The rules of the table that rows break behind the step."""
    return [
        {"column": column, "check": check_, "rows": rows, "said": step.tally.examples[column, check_][0].said}
        for (column, check_), rows in step.tally.counts().items()
    ]
