"""What validation and step have in common: the outside that they work on, and how they set a file aside."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tidegate import aws
from tidegate.contract.contracts import contracts
from tidegate.facts import Fact, FileQuarantined
from tidegate.lake.announce import announce
from tidegate.lake.entry import State
from tidegate.lake.ledger import Ledger
from tidegate.lake.quarantine import Quarantine
from tidegate.settings import Setting, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tidegate.contract.prepared import Prepared
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """Everything that work on a landed file needs from the outside."""

    s3: Any
    lake_bucket: str
    ledger: Ledger
    quarantine: Quarantine
    datasets: Mapping[str, Prepared]
    say: Callable[[Iterable[Fact]], None]

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
        contract: str,
    ) -> Entry:
        """Put a whole file in quarantine: its bytes and the report, then the fact, then the mark."""
        report = {**about(landed), "dataset": dataset, **told, "reason": reason}
        address = self.quarantine.keep_file(landed, dataset, report)
        self.say_quarantined(held.object_id, dataset, rows, reason, address, whole_file=True)
        attributes = {"contract_version": contract} if contract else {}
        return self.ledger.mark(
            held,
            State.QUARANTINED,
            dataset=dataset,
            reason=reason,
            total_rows=rows,
            good_rows=0,
            bad_rows=rows,
            **attributes,
        )

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
