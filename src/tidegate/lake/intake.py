"""What happens to a landed object: claimed, checked, its bad rows quarantined, its good rows kept.

The order is the guarantee: evidence before facts, facts before the last mark, so that a crash between any two
steps is healed by the message coming again. Rows leave while the file is read; what was written of the good
ones counts only with its list, which is written when nothing is wrong with the file as a whole.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.contract.engine import check
from tidegate.contract.overwrite import Overwrite
from tidegate.contract.personal import Disguising
from tidegate.contract.verdict import defused, report
from tidegate.lake import layout
from tidegate.lake.advice import next_steps
from tidegate.lake.datafiles import TableShelf
from tidegate.lake.entry import State
from tidegate.lake.follow import what_follows
from tidegate.lake.goodrows import GoodRows
from tidegate.lake.keeping import Keeping
from tidegate.lake.s3source import S3Source
from tidegate.lake.staging import PART, StagingShelf
from tidegate.lake.versions import is_listed, place
from tidegate.lake.workplace import about

if TYPE_CHECKING:
    from tidegate.contract.compiled import Plan
    from tidegate.contract.keeper import Keeper
    from tidegate.contract.prepared import Prepared
    from tidegate.contract.verdict import Verdict
    from tidegate.lake.disguises import Disguises
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.workplace import Workplace

LARGEST_FILE = 256 * 1024**2
MOST_ATTEMPTS = 6
# S3 denies what one may not list; where versions are not kept, another ETag means that ours is gone.
_PERHAPS_GONE = {"NoSuchKey", "NoSuchVersion", "404", "AccessDenied", "PreconditionFailed", "412"}


@dataclass(frozen=True)
class Intake:
    """Validation, at its workplace."""

    at: Workplace
    disguises: Disguises

    def validate(self, landed: LandedObject, seconds: float) -> Entry | None:
        """Bring a landed object as far as validation brings it; nothing if that was done before.

        Raises:
            LeaseHeld: somebody else is at work on it.
            Transient: its bytes did not all come.
        """
        held = self.at.ledger.claim(landed, seconds)
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
            return self._check(landed, held, dataset)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _PERHAPS_GONE or is_listed(self.at.s3, landed):
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
            return f"too_large: {landed.size} bytes are more than the {LARGEST_FILE} that one function reads"
        if held.attempts > MOST_ATTEMPTS:
            return f"given_up: {MOST_ATTEMPTS} attempts to read it ended without a result"
        if dataset.overwrite is Overwrite.REFUSE and self._came_second(landed):
            return "overwritten: another version of this key came first, and this dataset takes only one"
        return ""

    def _came_second(self, landed: LandedObject) -> bool:
        older = place(self.at.s3, landed.bucket, landed.key, landed.object_id).older
        set_aside = {State.QUARANTINED, State.IGNORED}
        refused = {entry.object_id for entry in self.at.ledger.entries(older) if entry.state in set_aside}
        return any(object_id not in refused for object_id in older)

    def _set_aside_unread(
        self, landed: LandedObject, held: Entry, dataset: Prepared | None, reason: str
    ) -> Entry:
        name = layout.UNCLAIMED if dataset is None else dataset.name
        told = {"next_steps": next_steps(dataset, reason)}
        return self.at.set_aside(held, landed, name, reason, told, rows=0, contract="")

    def _check(self, landed: LandedObject, held: Entry, dataset: Prepared) -> Entry:
        plan = dataset.plan
        source = S3Source.of(self.at.s3, landed)
        with closing(self._keeping(landed, dataset, plan)) as keeping:
            keeper = self._disguised(keeping, dataset)
            verdict = check(source, plan, keeper, landed_at=_when(held))
            parts = keeping.bad.finish()
            told = self._told(landed, dataset, plan, verdict, parts)
            if verdict.bad_rows:
                self._tell_rows(landed, dataset, verdict, told)
            if verdict.fault is not None:
                reason = f"{verdict.fault.code}: {verdict.fault.what}"
                rows, contract = verdict.total_rows, verdict.contract_version
                return self.at.set_aside(
                    held, landed, dataset.name, reason, told, rows=rows, contract=contract
                )
            keeping.good.finish()
        return self._mark_validated(held, dataset, verdict)

    def _keeping(self, landed: LandedObject, dataset: Prepared, plan: Plan) -> Keeping:
        s3, bucket = self.at.s3, self.at.lake_bucket
        if dataset.needs_transform:
            good = GoodRows(StagingShelf(s3, bucket, dataset.name, landed.object_id), bound=PART)
        else:
            good = GoodRows(TableShelf(s3, bucket, dataset.table, landed.object_id))
        return Keeping(good, self.at.quarantine.evidence(landed, dataset.name, plan.version))

    def _disguised(self, keeping: Keeping, dataset: Prepared) -> Keeper:
        """Good rows are disguised before they are kept anywhere."""
        if not dataset.on_arrival:
            return keeping
        return Disguising(keeping, self.disguises.disguise(dataset.on_arrival))

    def _told(
        self, landed: LandedObject, dataset: Prepared, plan: Plan, verdict: Verdict, parts: int
    ) -> dict[str, Any]:
        source = layout.uri(landed.bucket, landed.key)
        steps = next_steps(dataset, "", verdict.fault)
        return {
            **about(landed),
            **report(verdict, plan.personal, source=source),
            "parts": parts,
            "next_steps": steps,
        }

    def _tell_rows(
        self, landed: LandedObject, dataset: Prepared, verdict: Verdict, told: dict[str, Any]
    ) -> None:
        address = self.at.quarantine.tell_rows(dataset.name, landed.object_id, told)
        if verdict.fault is None:
            self.at.say_quarantined(
                landed.object_id, dataset.name, verdict.bad_rows, _worst_rule(verdict), address
            )

    def _mark_validated(self, held: Entry, dataset: Prepared, verdict: Verdict) -> Entry:
        marked = self.at.ledger.mark(
            held,
            State.VALIDATED,
            total_rows=verdict.total_rows,
            good_rows=verdict.good_rows,
            bad_rows=verdict.bad_rows,
            contract_version=verdict.contract_version,
            **({"reason": _worst_rule(verdict)} if verdict.bad_rows else {}),
            **({} if dataset.needs_transform else {"waiting_for": dataset.name}),
        )
        self.at.say(what_follows(marked))
        return marked


def _when(held: Entry) -> datetime:
    """When the file landed: the same in every attempt, since the ledger keeps what the first event said."""
    return datetime.fromisoformat(held.landed_at or held.claimed_at)


def _worst_rule(verdict: Verdict) -> str:
    (column, rule), rows = next(iter(verdict.tally.counts().items()))
    bad = verdict.bad_rows
    return f"{bad} bad row{'' if bad == 1 else 's'}, most of all {column or 'the row'}: {rule} ({rows})"
