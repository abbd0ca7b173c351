"""What happens to a landed object: claimed, checked, its bad rows quarantined, its good rows kept.

The order is the guarantee: evidence before facts, facts before the last mark, so that a crash between any two
steps is healed by the message coming again. Rows leave while the file is read; what was written of the good
ones counts only with its list, which is written when nothing is wrong with the file as a whole.
"""

from __future__ import annotations

from contextlib import closing, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from botocore.exceptions import ClientError

from tidegate.contract.engine import check
from tidegate.contract.personal import Disguising
from tidegate.contract.source import LARGEST_FILE, SECONDS
from tidegate.contract.verdict import defused, report
from tidegate.lake import layout
from tidegate.lake.advice import next_steps
from tidegate.lake.datafiles import TableShelf
from tidegate.lake.entry import State
from tidegate.lake.follow import what_follows
from tidegate.lake.goodrows import GoodRows
from tidegate.lake.holding import again_while_others_come_first
from tidegate.lake.keeping import Keeping
from tidegate.lake.landed import landed_of
from tidegate.lake.precedence import beaten
from tidegate.lake.replay import (
    NOTHING_NEW,
    ORIGINAL_GONE,
    Change,
    begin,
    change,
    is_nothing_new,
    stand,
    would_retract,
)
from tidegate.lake.s3source import S3Source
from tidegate.lake.staging import PART, StagingShelf
from tidegate.lake.versions import is_listed
from tidegate.lake.workplace import about

if TYPE_CHECKING:
    from tidegate.contract.compiled import Plan
    from tidegate.contract.keeper import Keeper
    from tidegate.contract.prepared import Prepared
    from tidegate.contract.verdict import Verdict
    from tidegate.facts import ReplayRequested
    from tidegate.lake.disguises import Disguises
    from tidegate.lake.entry import Entry
    from tidegate.lake.evidence import Evidence
    from tidegate.lake.holding import Holding
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.originals import Where
    from tidegate.lake.workplace import Workplace

MOST_ATTEMPTS = 6
# S3 denies what one may not list; where versions are not kept, another ETag means that ours is gone.
_PERHAPS_GONE = {"NoSuchKey", "NoSuchVersion", "404", "AccessDenied", "PreconditionFailed", "412"}


@dataclass(frozen=True)
class Intake:
    """Validation, at its workplace."""

    at: Workplace
    disguises: Disguises
    holding: Holding

    def validate(self, landed: LandedObject, seconds: float) -> Entry | None:
        """Bring a landed object as far as validation brings it; nothing if that was done before.

        Raises:
            LeaseHeld: somebody else is at work on it.
            Transient: its bytes did not all come.
        """
        return self._go_on(landed, self.at.ledger.claim(landed, seconds))

    def replay(self, asked: ReplayRequested, seconds: float) -> Entry | None:
        """Bring a file that had come to its end as far as validation brings it today.

        Raises:
            LeaseHeld: somebody else is at work on it.
            Transient: its bytes did not all come.
        """
        held = begin(self.at.ledger, asked, seconds)
        return None if held is None else self._go_on(landed_of(held), held)

    def _go_on(self, landed: LandedObject, held: Entry) -> Entry | None:
        if held.state is not State.CLAIMED:
            self.at.say(what_follows(held))
            return None
        try:
            return self._validate(landed, held)
        except Exception:
            self.at.ledger.release(held)
            raise

    def _validate(self, landed: LandedObject, held: Entry) -> Entry:
        if landed.is_folder_marker:
            return self.at.ledger.mark(held, State.IGNORED, reason="a folder marker: it holds no data")
        try:
            dataset = self.at.datasets.get(landed.dataset)
            refusal = self._refusal(landed, held, dataset)
            if dataset is None or refusal:
                return self._set_aside_unread(landed, held, dataset, refusal)
            return again_while_others_come_first(lambda: self._check(landed, held, dataset))
        except ClientError as error:
            if held.generation or error.response["Error"]["Code"] not in _PERHAPS_GONE:
                raise
            if is_listed(self.at.s3, landed):
                raise
            return self.at.ledger.mark(
                held, State.IGNORED, reason="gone from the landing bucket before it was read"
            )

    def _refusal(self, landed: LandedObject, held: Entry, dataset: Prepared | None) -> str:
        """Why the file is not even read; nothing if it is."""
        if dataset is None:
            known = ", ".join(self.at.datasets) or "none"
            return (
                f"unclaimed: no dataset is called {defused(landed.dataset, 60)!r}; the datasets are: {known}"
            )
        if landed.size > LARGEST_FILE:
            read = f"the {LARGEST_FILE:,} that one function reads in its {SECONDS} seconds"
            return f"too_large: {landed.size:,} bytes are more than {read}"
        if held.attempts > MOST_ATTEMPTS:
            return f"given_up: {MOST_ATTEMPTS} attempts to read it ended without a result"
        return beaten(self.at.s3, self.at.ledger, dataset.overwrite, held)

    def _set_aside_unread(
        self, landed: LandedObject, held: Entry, dataset: Prepared | None, reason: str
    ) -> Entry:
        name = layout.UNCLAIMED if dataset is None else dataset.name
        told = {"next_steps": next_steps(dataset, reason)}
        return self.at.set_aside(held, landed, name, reason, told, rows=0, judged=False)

    def _check(self, landed: LandedObject, held: Entry, dataset: Prepared) -> Entry:
        plan = dataset.plan
        where = self.at.original(held)
        if where is None:
            return stand(self.at.ledger, held, ORIGINAL_GONE)
        source = S3Source.of(self.at.s3, landed, where)
        arriving = self.at.arriving(dataset)
        beyond = self.holding.on_arrival(landed, dataset, self.disguises.disguise)
        with closing(self._keeping(held, dataset, plan)) as keeping, beyond or nullcontext():
            keeper = self._disguised(keeping, dataset)
            verdict = check(source, plan, keeper, outside=beyond, landed_at=_when(held), arriving=arriving)
            parts = keeping.bad.finish()
            new = self._change(held, dataset, verdict, keeping.bad)
            if new.retracted and not held.retract:
                return stand(self.at.ledger, held, would_retract(new.retracted))
            told = self._told(landed, dataset, plan, verdict, parts) | {"header": arriving.header}
            if verdict.bad_rows:
                self._tell_rows(held, dataset, verdict, told)
            known = {
                "contract_version": verdict.contract_version,
                **self.at.say_drift(held, verdict, arriving),
            }
            if verdict.fault is not None:
                reason = f"{verdict.fault.code}: {verdict.fault.what}"
                rows = verdict.total_rows
                return self.at.set_aside(held, landed, dataset.name, reason, told, rows=rows, known=known)
            if not dataset.needs_transform and is_nothing_new(held, new, verdict.contract_version):
                return self._mark(held, dataset, verdict, held.standing.state, **known, note=NOTHING_NEW)
            keeping.good.finish()
            if beyond is not None:
                beyond.reserve(held.edition)
        known |= self._told_in_ledger(held, new, where)
        known |= {} if dataset.needs_transform else {"waiting_for": dataset.name}
        marked = self._mark(held, dataset, verdict, State.VALIDATED, **known)
        self.at.say(what_follows(marked))
        return marked

    def _keeping(self, held: Entry, dataset: Prepared, plan: Plan) -> Keeping:
        s3, bucket = self.at.s3, self.at.lake_bucket
        if dataset.needs_transform:
            good = GoodRows(StagingShelf(s3, bucket, dataset.name, held.edition), bound=PART)
        else:
            good = GoodRows(TableShelf(s3, bucket, dataset.table, held.edition))
        return Keeping(good, self.at.quarantine.evidence(held, dataset.name, plan.version))

    def _change(self, held: Entry, dataset: Prepared, verdict: Verdict, bad: Evidence) -> Change:
        """What a replay means for the file's rows, where the file as a whole is not refused."""
        if not held.generation or verdict.fault is not None:
            return Change()
        was, before = held.standing, np.zeros(0, dtype=np.int64)
        if held.is_in_table and was.bad_rows > was.broken_rows:
            before = self.at.quarantine.refused_rows(dataset.name, held.standing_edition)
        return change(held, before, bad.rows(), verdict.good_rows)

    def _told_in_ledger(self, held: Entry, new: Change, where: Where) -> dict[str, str | int]:
        if not held.generation:
            return {}
        left = where["Bucket"] == self.at.quarantine.bucket
        told = {"recovered_rows": new.recovered, "retracted_rows": new.retracted}
        return {**told, "original": where["Key"] if left else ""}

    def _disguised(self, keeping: Keeping, dataset: Prepared) -> Keeper:
        """Good rows are disguised before they are kept anywhere."""
        if not dataset.on_arrival:
            return keeping
        return Disguising(keeping, self.disguises.disguise(dataset.on_arrival))

    def _told(
        self, landed: LandedObject, dataset: Prepared, plan: Plan, verdict: Verdict, parts: int
    ) -> dict[str, Any]:
        source = layout.uri(landed.bucket, landed.key)
        return {
            **about(landed),
            **report(verdict, plan.personal, source=source),
            "parts": parts,
            "next_steps": next_steps(dataset, "", verdict.fault),
        }

    def _tell_rows(self, held: Entry, dataset: Prepared, verdict: Verdict, told: dict[str, Any]) -> None:
        address = self.at.quarantine.tell_rows(dataset.name, held.edition, told)
        if verdict.fault is None:
            self.at.say_quarantined(
                held.object_id, dataset.name, verdict.bad_rows, _worst_rule(verdict), address
            )

    def _mark(
        self, held: Entry, dataset: Prepared, verdict: Verdict, state: State, **more: str | int
    ) -> Entry:
        return self.at.ledger.mark(
            held,
            state,
            dataset=dataset.name,
            total_rows=verdict.total_rows,
            good_rows=verdict.good_rows,
            bad_rows=verdict.bad_rows,
            **({"reason": _worst_rule(verdict)} if verdict.bad_rows else {}),
            **more,
        )


def _when(held: Entry) -> datetime:
    """When the file landed: the same in every attempt, since the ledger keeps what the first event said."""
    return datetime.fromisoformat(held.landed_at or held.claimed_at)


def _worst_rule(verdict: Verdict) -> str:
    bad = verdict.bad_rows
    return f"{bad:,} bad row{'' if bad == 1 else 's'}, most of all {verdict.tally.worst()}"
