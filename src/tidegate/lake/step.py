"""What happens to staged rows: the dataset's own step, its result's contract, data files.

A row that the step breaks is quarantined, not lost. A step that raises says nothing of single rows: its whole
file is quarantined with the kind of the error, and without its text, which may quote a row.

A step that sees the whole file at once takes memory with the file's size, so a file too large for it is
quarantined; one that is declared to go row by row (`transform_sees=Sees.ROWS`) gets a part at a time.
"""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate import find
from tidegate.contract.declare import Sees
from tidegate.contract.verdict import Tally, Verdict, report
from tidegate.lake import layout
from tidegate.lake.advice import next_steps
from tidegate.lake.after_step import after_step, published_plan
from tidegate.lake.datafiles import TableShelf
from tidegate.lake.entry import State
from tidegate.lake.follow import what_follows
from tidegate.lake.goodrows import GoodRows
from tidegate.lake.holding import again_while_others_come_first
from tidegate.lake.keeping import Keeping
from tidegate.lake.landed import landed_of
from tidegate.lake.replay import NOTHING_NEW, change_by_step, says_the_same, stand, would_retract
from tidegate.lake.staging import StagingShelf
from tidegate.lake.stepped_keys import SteppedKeys
from tidegate.lake.workplace import about
from tidegate.planning import table_spec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tidegate.contract.declare import Dataset
    from tidegate.contract.keeper import Keeper
    from tidegate.lake.beyond import Beyond
    from tidegate.lake.entry import Entry
    from tidegate.lake.holding import Holding
    from tidegate.lake.staging import StagedPart
    from tidegate.lake.workplace import Workplace

MOST_ATTEMPTS = 12  # at an object, by validation and step together
LARGEST_WHOLE = 256 << 20  # bytes of good rows in memory that a step may see at once


class StepFailed(Exception):
    """The dataset's own code raised; carries the kind of its error and nothing of its text."""


@dataclass(frozen=True)
class Step:
    """A dataset's own step, at its workplace."""

    at: Workplace
    holding: Holding

    def transform(self, object_id: str, seconds: float) -> Entry | None:
        """Bring a validated object through its step; nothing if that was done before.

        Raises:
            LeaseHeld: somebody else is at work on it.
        """
        held = self.at.ledger.take(object_id, State.VALIDATED, seconds)
        if held.state is not State.VALIDATED:
            self.at.say(what_follows(held))
            return None
        try:
            dataset = find.dataset(held.dataset)
            return again_while_others_come_first(lambda: self._transform(held, dataset))
        except Exception:
            self.at.ledger.release(held)
            raise

    def _transform(self, held: Entry, dataset: Dataset) -> Entry:
        if held.attempts > MOST_ATTEMPTS:  # the step kills its process, or never ends
            reason = f"given_up: {MOST_ATTEMPTS} attempts ended without a result"
            return self._set_aside(held, dataset, reason, judged=False)
        shelf = StagingShelf(self.at.s3, self.at.lake_bucket, held.dataset, held.edition)
        parts = shelf.parts()
        size = sum(part.bytes for part in parts)
        if dataset.transform_sees is Sees.FILE and size > LARGEST_WHOLE:
            what = f"its good rows take {size:,} bytes, and the step sees at most {LARGEST_WHOLE:,} at once"
            return self._set_aside(held, dataset, f"too_large_for_step: {what}", judged=False)
        beyond = self.holding.after_step(landed_of(held), self.at.datasets[held.dataset])
        with closing(self._keeping(held, dataset)) as keeping, beyond or nullcontext():
            try:
                verdict = judged(dataset, _seen(dataset, shelf, parts), keeping, beyond)
            except StepFailed as failed:
                return self._set_aside(held, dataset, f"step_failed: the step raised {failed}")
            if verdict.fault is not None:
                return self._set_aside(held, dataset, f"{verdict.fault.code}: {verdict.fault.what}")
            if not verdict.good_rows:
                return self._set_aside(
                    held, dataset, "step_failed: no row that the step returned keeps the contract"
                )
            return self._keep(held, dataset, verdict, keeping, beyond)

    def _keep(
        self, held: Entry, dataset: Dataset, verdict: Verdict, keeping: Keeping, beyond: Beyond | None
    ) -> Entry:
        new = change_by_step(held, verdict.good_rows)
        if new.retracted and not held.retract:
            return stand(self.at.ledger, held, would_retract(new.retracted))
        evidence = keeping.bad.finish()
        if verdict.bad_rows:
            self._tell_rows(held, dataset, verdict, evidence)
        if says_the_same(held, verdict.good_rows, verdict.bad_rows):
            return self._mark(held, verdict, held.standing.state, note=NOTHING_NEW)
        keeping.good.finish()
        if beyond is not None:
            beyond.reserve(held.edition)
        told = {"recovered_rows": new.recovered, "retracted_rows": new.retracted} if held.generation else {}
        marked = self._mark(held, verdict, State.TRANSFORMED, waiting_for=dataset.name, **told)
        self.at.say(what_follows(marked))
        return marked

    def _keeping(self, held: Entry, dataset: Dataset) -> Keeping:
        good = GoodRows(TableShelf(self.at.s3, self.at.lake_bucket, table_spec(dataset), held.edition))
        version = published_plan(dataset).version
        bad = self.at.quarantine.evidence_of_step(held, held.dataset, version)
        return Keeping(good, bad)

    def _mark(self, held: Entry, verdict: Verdict, state: State, **more: str | int) -> Entry:
        return self.at.ledger.mark(
            held,
            state,
            good_rows=verdict.good_rows,
            bad_rows=held.bad_rows + verdict.bad_rows,
            broken_rows=verdict.bad_rows,
            **more,
        )

    def _tell_rows(self, held: Entry, dataset: Dataset, verdict: Verdict, parts: int) -> None:
        personal = published_plan(dataset).personal
        told: dict[str, Any] = {
            **about(landed_of(held)),
            **report(verdict, personal, source=layout.uri(held.bucket, held.key)),
            "parts": parts,
            "next_steps": [f"Mend the step in schemas/{dataset.name}.py, or the rule that its rows break"],
        }
        address = self.at.quarantine.tell_broken_rows(held.dataset, held.edition, told)
        bad = verdict.bad_rows
        reason = f"the dataset's own step broke {bad} row{'' if bad == 1 else 's'}"
        self.at.say_quarantined(held.object_id, held.dataset, bad, reason, address)

    def _set_aside(self, held: Entry, dataset: Dataset, reason: str, *, judged: bool = True) -> Entry:
        told = {"rows": held.total_rows, "next_steps": next_steps(dataset, reason)}
        rows, landed = held.total_rows, landed_of(held)
        return self.at.set_aside(held, landed, held.dataset, reason, told, rows=rows, judged=judged)


def _seen(dataset: Dataset, shelf: StagingShelf, parts: Sequence[StagedPart]) -> Iterator[pl.DataFrame]:
    """The staged rows as the step gets them."""
    each = (shelf.fetch(part.number) for part in parts)
    return each if dataset.transform_sees is Sees.ROWS else iter([pl.concat(each, how="diagonal")])


def judged(
    dataset: Dataset, seen: Iterator[pl.DataFrame], keeping: Keeper, beyond: Beyond | None = None
) -> Verdict:
    """Run the step on all that it is to see, and hand on what it returns.

    Raises:
        StepFailed: it raised, or returned what is no frame with the table's columns.
    """
    total, good, tally = 0, 0, Tally()
    keys = None if beyond is None else SteppedKeys(dataset, beyond)
    for rows in seen:
        try:
            stepped = after_step(dataset, rows, first=total + 1)
        except Exception as error:  # somebody's own code: its failure is a result
            raise StepFailed(type(error).__name__) from error
        total += stepped.good.height + stepped.bad.height
        good += stepped.good.height
        tally.add(stepped.bad)
        keeping.keep(stepped.good, stepped.row)
        if keys is not None:
            keys.see(stepped.good, stepped.row)
        if stepped.bad.height:
            keeping.refuse(stepped.bad)
    taken = 0 if keys is None else keys.settle(keeping, tally)
    return Verdict(
        dataset=dataset.name,
        contract_version=published_plan(dataset).version,
        total_rows=total,
        good_rows=good - taken,
        bad_rows=total - good + taken,
        tally=tally,
        fault=None if keys is None else keys.fault,
        warnings=Tally() if keys is None else keys.warnings,
    )
