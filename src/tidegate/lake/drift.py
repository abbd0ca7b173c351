"""What arrives differs from its contract: said once for each change, whoever meets it first, and never lost.

Each change that was met is an item of the ledger, `drift#<dataset>#<contract version>#<hash>`. Who meets one
claims it, says it, and marks it as said. A claim that nobody finished ends with its file's lease, or is the
file's own again when its message comes back; a file reaches no state before what is new in it is said.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.contract.changes import RESCUED
from tidegate.contract.verdict import defused
from tidegate.errors import Transient
from tidegate.facts import SchemaDrifted
from tidegate.lake.entry import iso, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tidegate.contract.arriving import Arriving
    from tidegate.contract.changes import Difference
    from tidegate.contract.verdict import Verdict
    from tidegate.facts import Fact
    from tidegate.lake.entry import Entry
    from tidegate.lake.ledger import Ledger

_MOST = 90  # changes of one file: a transaction writes a hundred items
_NAME = 120  # characters of a column's name
_SHORT = 400
_ROUNDS = 10
_REFUSED = "ConditionalCheckFailed"


@dataclass(frozen=True)
class Drift:
    """The changes that files of one contract were the first to show."""

    ledger: Ledger
    say: Callable[[Iterable[Fact]], None]
    dataset: str
    contract_version: str

    def tell(self, held: Entry, verdict: Verdict, arriving: Arriving) -> dict[str, str | int]:
        """Say which changes nobody said before; what the ledger is to know of the file is returned.

        Raises:
            Transient: others kept saying theirs.
        """
        changes = list(verdict.difference.changes())
        if not changes:
            return {}
        said = self._said(changes[:_MOST])
        new = self.claim(held, [change for change in changes[:_MOST] if change not in said])
        if new:
            self.say([fact_of(held, verdict, arriving, verdict.difference.only(new))])
            self.settle(new)
        before = sum(by == held.edition for by in said.values())  # in an attempt that came to no end
        return {"drift": in_short(verdict.difference), "drifts_first_seen": before + len(new)}

    def claim(self, held: Entry, unsaid: Sequence[str]) -> list[str]:
        """Those of the changes that nobody has said, nor is about to say: they are ours to say.

        Raises:
            Transient: others kept changing them.
        """
        left = list(unsaid)
        for _ in range(_ROUNDS):
            if not left:
                return []
            try:
                self.ledger.client.transact_write_items(
                    TransactItems=[{"Update": self._claiming(held, change)} for change in left]
                )
            except self.ledger.client.exceptions.TransactionCanceledException as cancelled:
                codes = [reason.get("Code") for reason in cancelled.response["CancellationReasons"]]
                left = [change for change, code in zip(left, codes, strict=True) if code != _REFUSED]
                continue
            return left
        raise Transient(
            f"ledger {self.ledger.table}, drift of {self.dataset}",
            "others change it all the time",
            "It is tried again when the message comes back",
        )

    def settle(self, changes: Iterable[str]) -> None:
        """Mark changes as said."""
        marks = [{"Update": self._saying(change)} for change in changes]
        self.ledger.client.transact_write_items(TransactItems=marks)

    def _said(self, changes: Sequence[str]) -> dict[str, str]:
        """The changes that were said, each with the edition of the file that said it."""
        by_id = {self._id(change): change for change in changes}
        said: dict[str, str] = {}
        asked: Any = {
            self.ledger.table: {
                "Keys": [{"object_id": typed(one)} for one in by_id],
                "ConsistentRead": True,
            }
        }
        while asked:
            answer = self.ledger.client.batch_get_item(RequestItems=asked)
            for item in answer["Responses"].get(self.ledger.table, ()):
                if "said_at" in item:
                    said[by_id[item["object_id"]["S"]]] = item["met_by"]["S"]
            asked = answer.get("UnprocessedKeys")
        return said

    def _claiming(self, held: Entry, change: str) -> dict[str, Any]:
        now = self.ledger.now()
        return {
            "TableName": self.ledger.table,
            "Key": {"object_id": typed(self._id(change))},
            "UpdateExpression": "SET change_met = :change, met_by = :me, lease_until = :until",
            "ConditionExpression": "attribute_not_exists(said_at) AND"
            " (attribute_not_exists(lease_until) OR lease_until < :now OR met_by = :me)",
            "ExpressionAttributeValues": {
                ":change": typed(printable(change)),
                ":me": typed(held.edition),
                ":until": typed(max(held.lease_until, now)),
                ":now": typed(now),
            },
        }

    def _saying(self, change: str) -> dict[str, Any]:
        return {
            "TableName": self.ledger.table,
            "Key": {"object_id": typed(self._id(change))},
            "UpdateExpression": "SET said_at = :at REMOVE lease_until",
            "ExpressionAttributeValues": {":at": typed(iso(self.ledger.now()))},
        }

    def _id(self, change: str) -> str:
        digest = hashlib.sha256(change.encode(errors="surrogatepass")).hexdigest()[:32]
        return f"drift#{self.dataset}#{self.contract_version}#{digest}"


def printable(text: str) -> str:
    """A name from a file as text that can be kept and shown."""
    return defused(text.encode(errors="backslashreplace").decode(), _NAME)


def in_short(difference: Difference) -> str:
    """The difference as a file's line in the ledger has it."""
    text = ", ".join(printable(change) for change in difference.changes())
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def fact_of(held: Entry, verdict: Verdict, arriving: Arriving, new: Difference) -> SchemaDrifted:
    """What is said of the changes that this file is the first to show."""
    outcome = "refused" if verdict.fault else "quarantined" if _costs_rows(verdict, new) else "accepted"
    return SchemaDrifted(
        dataset=verdict.dataset,
        contract_version=verdict.contract_version,
        policy=arriving.policy.value,
        outcome=outcome,
        said="; ".join(_words(arriving, new, refused=outcome == "refused")),
        added=_names(new.added),
        missing=_names(new.missing),
        renamed=tuple((printable(was), printable(now)) for was, now in new.renamed),
        reordered=new.reordered,
        retyped=_names(new.retyped),
        reencoded=new.reencoded,
        object_id=held.object_id,
        key=held.key,
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(printable(name) for name in names)


def _costs_rows(verdict: Verdict, new: Difference) -> bool:
    """Whether rows are in quarantine for one of these changes."""
    broken = {check for _, check in verdict.tally.rows}
    unplaced = bool(new.added and "unknown" in broken) or bool(new.missing and "missing" in broken)
    return unplaced or bool(new.retyped) or new.reencoded


def _words(arriving: Arriving, new: Difference, *, refused: bool) -> Iterable[str]:
    for name in new.added:
        place = "" if refused else arriving.unknown.get(name, "")
        goes = "kept in _rescued" if place == RESCUED else f"now the text column {place}" if place else ""
        yield f"{printable(name)!r} is new" + (f", {goes}" if goes else "")
    for name in new.missing:
        yield f"{printable(name)!r} is missing" + ("" if refused else ", and null where it may be")
    for was, now in new.renamed:
        yield f"{printable(was)!r} is probably called {printable(now)!r} now"
    for name in new.retyped:
        yield f"{printable(name)!r} is of another type"
    if new.reordered:
        yield "the columns stand in another order"
    if new.reencoded:
        yield "the text is written in another encoding"
    if refused:
        yield "the file is in quarantine"
