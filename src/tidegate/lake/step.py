"""What happens to staged rows: the dataset's own step, its result's contract, data files.

A row that the step breaks is quarantined, not lost. A step that raises says nothing of single rows: its whole
file is quarantined with the kind of the error, and without its text, which may quote a row.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.contract.cells import TEXT
from tidegate.contract.compile import plan_of
from tidegate.contract.compiled import OK
from tidegate.contract.in_memory import Checked
from tidegate.contract.reasons import reasons
from tidegate.contract.verdict import LINE, MASK, RAW, REASONS, ROW, Tally, Verdict, report
from tidegate.contract.version import contract_version
from tidegate.facts import Fact, FileQuarantined
from tidegate.lake import datafiles, layout
from tidegate.lake.entry import State
from tidegate.lake.follow import what_follows
from tidegate.lake.landed import LandedObject
from tidegate.planning import table_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tidegate.contract.compiled import Plan
    from tidegate.contract.declare import Dataset
    from tidegate.lake.entry import Entry
    from tidegate.lake.ledger import Ledger
    from tidegate.lake.quarantine import Quarantine


MOST_ATTEMPTS = 12  # at an object, by validation and step together


@dataclass(frozen=True, kw_only=True)
class Step:
    """Everything that a dataset's own step needs from the outside."""

    s3: Any
    lake_bucket: str
    ledger: Ledger
    quarantine: Quarantine
    datasets: Mapping[str, Dataset]
    say: Callable[[Iterable[Fact]], None]

    def transform(self, object_id: str, seconds: float) -> Entry | None:
        """Bring a validated object through its step; nothing if that was done before.

        Raises:
            LeaseHeld: somebody else is at work on it.
        """
        held = self.ledger.take(object_id, State.VALIDATED, seconds)
        if held.state is not State.VALIDATED:
            self.say(what_follows(held))
            return None
        try:
            return self._transform(held, self.datasets[held.dataset])
        except Exception:
            self.ledger.release(held)
            raise

    def _transform(self, held: Entry, dataset: Dataset) -> Entry:
        if held.attempts > MOST_ATTEMPTS:  # the step kills its process, or never ends
            return self._quarantine_file(held, f"given_up: {MOST_ATTEMPTS} attempts ended without a result")
        staged = self._staged(held)
        try:
            checked = after_step(dataset, staged)
        except Exception as error:  # noqa: BLE001 - it is somebody's own code, and its failure is a result
            return self._quarantine_file(held, f"step_failed: the step raised {type(error).__name__}")
        if not checked.good.height:
            return self._quarantine_file(
                held, "step_failed: no row that the step returned keeps the contract"
            )
        if checked.bad.height:
            self._quarantine_rows(held, dataset, checked)
        files = datafiles.write(self.s3, self.lake_bucket, table_spec(dataset), held.object_id, checked.good)
        datafiles.save(self.s3, self.lake_bucket, dataset.name, held.object_id, files)
        marked = self.ledger.mark(
            held,
            State.TRANSFORMED,
            good_rows=checked.good.height,
            bad_rows=held.bad_rows + checked.bad.height,
            waiting_for=dataset.name,
        )
        self.say(what_follows(marked))
        return marked

    def _staged(self, held: Entry) -> pl.DataFrame:
        key = layout.staged_rows_key(held.dataset, held.object_id)
        return pl.read_parquet(
            io.BytesIO(self.s3.get_object(Bucket=self.lake_bucket, Key=key)["Body"].read())
        )

    def _quarantine_rows(self, held: Entry, dataset: Dataset, checked: Checked) -> None:
        told = report(checked.verdict, dataset.personal(), source=layout.uri(held.bucket, held.key))
        address = self.quarantine.keep_broken_rows(held.dataset, held.object_id, checked.bad, told)
        bad = checked.bad.height
        reason = f"the dataset's own step broke {bad} row{'' if bad == 1 else 's'}"
        self._say_quarantined(held, checked.bad.height, reason, address, whole_file=False)

    def _quarantine_file(self, held: Entry, reason: str) -> Entry:
        landed = LandedObject.read(
            bucket=held.bucket,
            key=held.key,
            version_id=held.version_id,
            etag=held.etag,
            size=held.size,
            landed_at=held.landed_at,
        )
        told = {
            "dataset": held.dataset,
            "object_id": held.object_id,
            "reason": reason,
            "rows": held.total_rows,
        }
        address = self.quarantine.keep_file(landed, held.dataset, told)
        self._say_quarantined(held, held.total_rows, reason, address, whole_file=True)
        return self.ledger.mark(held, State.QUARANTINED, reason=reason, good_rows=0, bad_rows=held.total_rows)

    def _say_quarantined(
        self, held: Entry, rows: int, reason: str, address: str, *, whole_file: bool
    ) -> None:
        fact = FileQuarantined(
            object_id=held.object_id,
            dataset=held.dataset,
            whole_file=whole_file,
            rows=rows,
            reason=reason,
            report=address,
        )
        self.say([fact])


def after_step(dataset: Dataset, staged: pl.DataFrame) -> Checked:
    """Run the dataset's own step on its good rows, and check what it returns by the contract of the table."""
    if dataset.transform is None:
        raise TypeError(f"{dataset.name} has no step")
    returned = dataset.transform(staged)
    plan = _published_plan(dataset)
    judged = plan.judged_typed(returned)
    broken = _told(plan, judged.with_row_index(ROW, offset=1).filter(~pl.col(OK)))
    good = judged.filter(OK).select(plan.columns)
    tally = Tally()
    tally.add(broken)
    verdict = Verdict(
        dataset=dataset.name,
        contract_version=contract_version(dataset),
        total_rows=returned.height,
        good_rows=good.height,
        bad_rows=broken.height,
        tally=tally,
    )
    return Checked(verdict=verdict, good=good, bad=broken)


@cache
def _published_plan(dataset: Dataset) -> Plan:
    """The rules of the published table's rows; a key must be unique in a file, not in a step's result."""
    row = dataset.table_row
    columns = tuple(row.to_schema().columns)
    key = tuple(name for name in dataset.key if name in columns) or columns[:1]
    published = replace(dataset, row=row, published=None, transform=None, key=key)
    return plan_of(published).only(columns)


def _told(plan: Plan, bad: pl.DataFrame) -> pl.DataFrame:
    """Broken rows as quarantine keeps them: what the step made of each is its text, as JSON."""
    shown = [
        pl.lit(MASK).alias(name) if name in plan.personal else pl.col(TEXT + name).alias(name)
        for name in plan.columns
    ]
    return bad.select(
        pl.col(ROW).cast(pl.Int64),
        pl.lit(None, dtype=pl.Int64).alias(LINE),
        pl.struct(shown).struct.json_encode().alias(RAW),
        reasons(plan, bad, {}).alias(REASONS),
    )
