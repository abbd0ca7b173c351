"""What validation and step have in common: the outside that they work on, and how they set a file aside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tidegate import aws
from tidegate.contract.arriving import arriving_in
from tidegate.contract.contracts import contracts
from tidegate.facts import Fact, FileQuarantined
from tidegate.lake import filelist
from tidegate.lake.announce import announce
from tidegate.lake.columns import GainedColumns
from tidegate.lake.drift import Drift
from tidegate.lake.entry import State
from tidegate.lake.follow import what_follows
from tidegate.lake.ledger import Ledger
from tidegate.lake.originals import original
from tidegate.lake.quarantine import Quarantine
from tidegate.lake.replay import ORIGINAL_GONE, stand, would_retract
from tidegate.settings import Setting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.prepared import Prepared
    from tidegate.contract.verdict import Verdict
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.originals import Where


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Everything that work on a landed file needs from the outside."""

    s3: Any
    lake_bucket: str
    ledger: Ledger
    quarantine: Quarantine
    datasets: Mapping[str, Prepared]
    say: Callable[[Iterable[Fact]], None]
    environment: str

    @classmethod
    def of(cls, settings: Settings) -> Workplace:
        """The workplace in the environment that these settings name."""
        s3 = aws.client("s3")
        return cls(
            s3=s3,
            lake_bucket=settings[Setting.LAKE_BUCKET],
            ledger=Ledger(settings[Setting.LEDGER_TABLE]),
            quarantine=Quarantine(s3, settings[Setting.QUARANTINE_BUCKET]),
            datasets=contracts(),
            say=partial(announce, aws.client("events"), settings[Setting.BUS]),
            environment=settings[Setting.ENVIRONMENT],
        )

    def original(self, held: Entry) -> Where | None:
        """Where the bytes of a file are; nothing if they are nowhere any more."""
        return original(self.s3, self.quarantine.bucket, held)

    def arriving(self, dataset: Prepared) -> Arriving:
        """What becomes of columns that are not the contract's, for one file."""
        return arriving_in(self.environment, dataset, GainedColumns(self.ledger, dataset.name).admit)

    def say_drift(self, held: Entry, verdict: Verdict, arriving: Arriving) -> dict[str, str | int]:
        """Say what nobody said before of a file's columns; what the ledger is to know is returned."""
        return Drift(self.ledger, self.say, verdict.dataset, verdict.contract_version).tell(
            held, verdict, arriving
        )

    def set_aside(
        self,
        held: Entry,
        landed: LandedObject,
        dataset: str,
        reason: str,
        told: Mapping[str, Any],
        *,
        rows: int,
        judged: bool = True,
        known: Mapping[str, str | int] | None = None,
    ) -> Entry:
        """Put a whole file in quarantine: its bytes and the report, then the fact, then the mark.

        Published rows of it leave the table by a verdict on them alone, and in a replay that may do that.
        """
        where = self.original(held)
        if held.is_in_table and not (judged and held.retract):
            return stand(
                self.ledger, held, would_retract(held.standing.good_rows, reason) if judged else reason
            )
        if where is None:
            return stand(self.ledger, held, ORIGINAL_GONE)
        report = {**about(landed), "dataset": dataset, **told, "reason": reason}
        address = self.quarantine.keep_file(held, landed, dataset, where, report)
        self.say_quarantined(held.object_id, dataset, rows, reason, address, whole_file=True)
        attributes: dict[str, str | int] = {**(known or {}), "dataset": dataset, "reason": reason}
        attributes |= {"total_rows": rows, "good_rows": 0, "bad_rows": rows}
        if held.is_in_table:
            return self._take_back(held, attributes)
        return self.ledger.mark(held, State.QUARANTINED, **attributes)

    def _take_back(self, held: Entry, attributes: dict[str, str | int]) -> Entry:
        """Let the next commit take all rows of a file out of the table: it waits with an empty list."""
        filelist.save(self.s3, self.lake_bucket, held.dataset, held.edition, ())
        marked = self.ledger.mark(
            held,
            State.TRANSFORMED,
            **attributes,
            broken_rows=0,
            recovered_rows=0,
            retracted_rows=held.standing.good_rows,
            waiting_for=held.dataset,
        )
        self.say(what_follows(marked))
        return marked

    def say_quarantined(
        self, object_id: str, dataset: str, rows: int, reason: str, address: str, *, whole_file: bool = False
    ) -> None:
        """Say that a file, or some of its rows, was put in quarantine."""
        fact = FileQuarantined(
            object_id=object_id,
            dataset=dataset,
            whole_file=whole_file,
            rows=rows,
            reason=reason,
            report=address,
        )
        self.say([fact])


def about(landed: LandedObject) -> dict[str, Any]:
    """What a report says of the file itself."""
    known = asdict(landed)
    told = {name: known[name] for name in ("bucket", "key", "version_id", "size")}
    return {"object_id": landed.object_id, "landed": told}
