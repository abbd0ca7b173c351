"""A file is judged again, by the contract of today: what its ledger entry goes through, and what is new.

Each replay is a generation of the file, with names of its own for all that it writes. What stood before
stands until the new generation is complete, and the ledger keeps it as `before`; a request that comes twice,
late or out of order finds another generation there and changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.lake.entry import State
from tidegate.lake.landed import landed_of

if TYPE_CHECKING:
    from tidegate.contract.batch import Numbers
    from tidegate.facts import ReplayRequested
    from tidegate.lake.entry import Entry
    from tidegate.lake.ledger import Ledger

NOTHING_NEW = "nothing new: by today's contract the same rows are good, and the table stays as it is"
ORIGINAL_GONE = (
    "the original is neither in the landing bucket nor in quarantine any more: take its bad rows out with "
    "`tidegate quarantine export`, mend them, and land them as a new file"
)


@dataclass(frozen=True)
class Change:
    """What a replay means for the rows of a file."""

    recovered: int = 0  # kept by today's contract, and not published so far
    retracted: int = 0  # published so far, and refused by today's contract


def may_be_replayed(seen: Entry) -> bool:
    """Whether a file has come to an end that another verdict may change."""
    return seen.state.is_terminal and seen.state is not State.IGNORED and not seen.discarded_at


def begin(ledger: Ledger, asked: ReplayRequested, seconds: float) -> Entry | None:
    """Take the file that a request names; nothing if the request was overtaken, or is none any more.

    Raises:
        LeaseHeld: somebody else is at work on it.
        NotFound: no such file is known.
    """
    seen = ledger.get(asked.object_id)
    if may_be_replayed(seen) and seen.generation == asked.generation - 1:
        taken = ledger.amend(
            seen,
            state=State.CLAIMED.value,
            before=seen.told_before(),
            dataset=landed_of(seen).dataset,
            generation=asked.generation,
            retract=int(asked.retract),
            asked_by=asked.asked_by,
            lease_until=ledger.until(seconds),
            attempts=1,
            broken_rows=0,
            recovered_rows=0,
            retracted_rows=0,
            reason="",
            note="",
            original="",
        )
        if taken:
            return taken
        seen = ledger.get(asked.object_id)
    if seen.generation != asked.generation:
        return None
    return ledger.take(asked.object_id, State.CLAIMED, seconds)


def stand(ledger: Ledger, held: Entry, note: str) -> Entry:
    """End a replay with what stood before, and say why.

    Raises:
        LeaseHeld: the lease ran out, and somebody else took it.
    """
    was = held.standing
    return ledger.mark(
        held,
        was.state,
        dataset=was.dataset,
        total_rows=was.total_rows,
        good_rows=was.good_rows,
        bad_rows=was.bad_rows,
        broken_rows=was.broken_rows,
        reason=was.reason,
        contract_version=was.contract_version,
        recovered_rows=0,
        retracted_rows=0,
        stands=held.stands,
        note=note,
    )


def would_retract(rows: int, why: str = "") -> str:
    """Why a replay changed nothing that would have taken published rows away."""
    told = f"{rows:,} published row{' is' if rows == 1 else 's are'} refused by today's contract"
    return f"{told}{f' ({why})' if why else ''}; with --retract they leave the table"


def change(held: Entry, before: Numbers, now: Numbers, good: int) -> Change:
    """Compare the bad rows of a file before and now, by their numbers."""
    if not held.is_in_table:
        return Change(recovered=good)
    return Change(len(np.setdiff1d(before, now)), len(np.setdiff1d(now, before)))


def is_nothing_new(held: Entry, new: Change, contract_version: str) -> bool:
    """Whether the same rows are published already, and as this contract has them."""
    return held.is_in_table and new == Change() and held.standing.contract_version == contract_version


def change_by_step(held: Entry, good: int) -> Change:
    """What a replay means after the dataset's own step, whose rows are not those of the file: by count."""
    published = held.standing.good_rows if held.is_in_table else 0
    return Change(max(0, good - published), max(0, published - good))


def says_the_same(held: Entry, good: int, broken: int) -> bool:
    """Whether the step, unchanged, made of the same rows what is published already."""
    was = held.standing
    return (
        held.is_in_table
        and not (held.recovered_rows or held.retracted_rows)
        and (was.contract_version, was.good_rows, was.broken_rows) == (held.contract_version, good, broken)
    )
