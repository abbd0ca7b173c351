"""What happens to a landed object: claimed, checked, its bad rows quarantined, its good rows kept.

The order is the guarantee: evidence before facts, facts before the last mark, so that a crash between any two
steps is healed by the message coming again.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.contract.declare import Overwrite
from tidegate.contract.in_memory import Checked, check_in_memory
from tidegate.contract.verdict import defused, report
from tidegate.facts import Fact, FileQuarantined
from tidegate.lake import datafiles, layout
from tidegate.lake.entry import State
from tidegate.lake.follow import what_follows
from tidegate.lake.versions import is_listed, place
from tidegate.planning import table_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tidegate.contract.declare import Dataset
    from tidegate.contract.verdict import Verdict
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.ledger import Ledger
    from tidegate.lake.quarantine import Quarantine

LARGEST_FILE = 256 * 1024**2
MOST_ATTEMPTS = 6
# S3 denies what one may not list; where versions are not kept, another ETag means that ours is gone.
_PERHAPS_GONE = {"NoSuchKey", "NoSuchVersion", "404", "AccessDenied", "PreconditionFailed", "412"}


@dataclass(frozen=True, kw_only=True)
class Intake:
    """Everything that validating a file needs from the outside."""

    s3: Any
    lake_bucket: str
    ledger: Ledger
    quarantine: Quarantine
    datasets: Mapping[str, Dataset]
    say: Callable[[Iterable[Fact]], None]

    def validate(self, landed: LandedObject, seconds: float) -> Entry | None:
        """Bring a landed object as far as validation brings it; nothing if that was done before.

        Raises:
            LeaseHeld: somebody else is at work on it.
        """
        held = self.ledger.claim(landed, seconds)
        if held.state is not State.CLAIMED:
            self.say(what_follows(held))
            return None
        try:
            return self._validate(landed, held)
        except Exception:
            self.ledger.release(held)
            raise

    def _validate(self, landed: LandedObject, held: Entry) -> Entry:
        if landed.is_folder_marker:
            return self.ledger.mark(held, State.IGNORED, reason="a folder marker: it holds no data")
        try:
            dataset = self.datasets.get(landed.dataset)
            refusal = self._refusal(landed, held, dataset)
            if dataset is None or refusal:
                return self._quarantine_file(
                    landed, held, layout.UNCLAIMED if dataset is None else dataset.name, refusal
                )
            return self._check(landed, held, dataset)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _PERHAPS_GONE or is_listed(self.s3, landed):
                raise
            return self.ledger.mark(
                held, State.IGNORED, reason="gone from the landing bucket before it was read"
            )

    def _refusal(self, landed: LandedObject, held: Entry, dataset: Dataset | None) -> str:
        """Why the file is not even read; nothing if it is."""
        if dataset is None:
            known = ", ".join(self.datasets) or "none"
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
        older = place(self.s3, landed.bucket, landed.key, landed.object_id).older
        set_aside = {State.QUARANTINED, State.IGNORED}
        refused = {entry.object_id for entry in self.ledger.entries(older) if entry.state in set_aside}
        return any(object_id not in refused for object_id in older)

    def _check(self, landed: LandedObject, held: Entry, dataset: Dataset) -> Entry:
        checked = check_in_memory(self._read(landed), dataset, name=landed.key)
        verdict = checked.verdict
        told = report(verdict, dataset.personal(), source=layout.uri(landed.bucket, landed.key))
        about = self._about(landed, told)
        if verdict.bad_rows:
            address = self.quarantine.keep_rows(dataset.name, landed.object_id, checked.bad, about)
            if verdict.fault is None:
                self._say_quarantined(landed, dataset.name, verdict.bad_rows, _worst_rule(verdict), address)
        if verdict.fault is not None:
            reason = f"{verdict.fault.code}: {verdict.fault.what}"
            return self._quarantine_file(landed, held, dataset.name, reason, verdict=verdict, about=about)
        self._keep_good(landed, dataset, checked)
        return self._mark_validated(held, dataset, verdict)

    def _keep_good(self, landed: LandedObject, dataset: Dataset, checked: Checked) -> None:
        if dataset.transform is None:
            files = datafiles.write(
                self.s3, self.lake_bucket, table_spec(dataset), landed.object_id, checked.good
            )
            datafiles.save(self.s3, self.lake_bucket, dataset.name, landed.object_id, files)
            return
        body = io.BytesIO()
        checked.good.write_parquet(body)
        key = layout.staged_rows_key(dataset.name, landed.object_id)
        self.s3.put_object(Bucket=self.lake_bucket, Key=key, Body=body.getvalue())

    def _mark_validated(self, held: Entry, dataset: Dataset, verdict: Verdict) -> Entry:
        marked = self.ledger.mark(
            held,
            State.VALIDATED,
            total_rows=verdict.total_rows,
            good_rows=verdict.good_rows,
            bad_rows=verdict.bad_rows,
            contract_version=verdict.contract_version,
            **({"reason": _worst_rule(verdict)} if verdict.bad_rows else {}),
            **({} if dataset.transform else {"waiting_for": dataset.name}),
        )
        self.say(what_follows(marked))
        return marked

    def _quarantine_file(
        self,
        landed: LandedObject,
        held: Entry,
        dataset: str,
        reason: str,
        *,
        verdict: Verdict | None = None,
        about: dict[str, Any] | None = None,
    ) -> Entry:
        rows = verdict.total_rows if verdict else 0
        told = about or self._about(landed, {"dataset": dataset, "reason": reason})
        address = self.quarantine.keep_file(landed, dataset, {**told, "reason": reason})
        self._say_quarantined(landed, dataset, rows, reason, address, whole_file=True)
        version = {"contract_version": verdict.contract_version} if verdict else {}
        return self.ledger.mark(
            held,
            State.QUARANTINED,
            dataset=dataset,
            reason=reason,
            total_rows=rows,
            bad_rows=rows,
            **version,
        )

    def _read(self, landed: LandedObject) -> bytes:
        version = {"VersionId": landed.version_id} if landed.version_id else {"IfMatch": landed.etag}
        answer = self.s3.get_object(Bucket=landed.bucket, Key=landed.key, **version)
        body: bytes = answer["Body"].read()
        return body

    def _about(self, landed: LandedObject, told: dict[str, Any]) -> dict[str, Any]:
        source = {"bucket": landed.bucket, "key": landed.key, "version_id": landed.version_id}
        return {"object_id": landed.object_id, "landed": {**source, "size": landed.size}, **told}

    def _say_quarantined(
        self,
        landed: LandedObject,
        dataset: str,
        rows: int,
        reason: str,
        address: str,
        *,
        whole_file: bool = False,
    ) -> None:
        fact = FileQuarantined(
            object_id=landed.object_id,
            dataset=dataset,
            whole_file=whole_file,
            rows=rows,
            reason=reason,
            report=address,
        )
        self.say([fact])


def _worst_rule(verdict: Verdict) -> str:
    (column, rule), rows = next(iter(verdict.tally.counts().items()))
    bad = verdict.bad_rows
    return f"{bad} bad row{'' if bad == 1 else 's'}, most of all {column or 'the row'}: {rule} ({rows})"
