"""What a replay would do, found out on this machine: the same engine on the same bytes, and nothing kept."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from infra.cli.quarantine.looking import beyond, workplace
from tidegate import find
from tidegate.contract.arriving import arriving_in
from tidegate.contract.declare import Sees
from tidegate.contract.engine import check
from tidegate.contract.source import LARGEST_FILE
from tidegate.contract.verdict import ROW
from tidegate.errors import Refused
from tidegate.lake.entry import State
from tidegate.lake.landed import landed_of
from tidegate.lake.precedence import beaten
from tidegate.lake.replay import (
    NOTHING_NEW,
    ORIGINAL_GONE,
    change,
    change_by_step,
    is_nothing_new,
    says_the_same,
    would_retract,
)
from tidegate.lake.s3source import S3Source
from tidegate.lake.step import LARGEST_WHOLE, StepFailed, judged

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from infra.cli.place import Place
    from tidegate.contract.batch import Numbers
    from tidegate.contract.declare import Dataset
    from tidegate.contract.personal import Disguise
    from tidegate.contract.verdict import Tally, Verdict
    from tidegate.lake.beyond import Beyond
    from tidegate.lake.entry import Entry
    from tidegate.lake.replay import Change
    from tidegate.lake.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What would become of one file."""

    file: Entry
    good_rows: int = 0
    bad_rows: int = 0
    recovered_rows: int = 0
    retracted_rows: int = 0
    rules: tuple[dict[str, Any], ...] = ()
    reason: str = ""  # why the file as a whole is refused
    note: str = ""  # why nothing would change
    contract_version: str = ""

    def data(self) -> dict[str, Any]:
        """The outlook as JSON."""
        named = ("good_rows", "bad_rows", "recovered_rows", "retracted_rows", "rules", "reason", "note")
        told = {name: getattr(self, name) for name in (*named, "contract_version")}
        return {"object_id": self.file.object_id, "key": self.file.key, **told}


def rehearse(where: Place, file: Entry, *, retract: bool) -> Outlook:
    """Judge a file by the contract as it is here."""
    at, held = workplace(where), _as_if_held(file, retract=retract)
    landed = landed_of(held)
    if landed.dataset not in at.datasets:
        return Outlook(file=file, note=f"unclaimed: no dataset is called {landed.dataset!r}")
    if landed.size > LARGEST_FILE:
        return Outlook(file=file, note=f"too_large: {landed.size:,} bytes")
    if barred := beaten(at.s3, at.ledger, at.datasets[landed.dataset].overwrite, held):
        return Outlook(file=file, note=barred)
    found = at.original(held)
    if found is None:
        return Outlook(file=file, note=ORIGINAL_GONE)
    try:
        return _judge(where, at, held, file, S3Source.of(at.s3, landed, found))
    except Refused as refused:
        return Outlook(file=file, note=refused.what)


def _judge(where: Place, at: Workplace, held: Entry, file: Entry, source: S3Source) -> Outlook:
    dataset = at.datasets[source.landed.dataset]
    watch = _Watch(keeps=dataset.needs_transform)
    holding, disguises = beyond(where, at)
    when = datetime.fromisoformat(held.landed_at or held.claimed_at)
    arriving = arriving_in(where.environment, dataset)
    with holding.on_arrival(source.landed, dataset, disguises.disguise) or nullcontext() as outside:
        verdict = check(source, dataset.plan, watch, outside=outside, landed_at=when, arriving=arriving)
    if verdict.fault is not None:
        reason = f"{verdict.fault.code}: {verdict.fault.what}"
        refused = _refused(held, file, reason, verdict.total_rows)
        return replace(refused, rules=_rules(verdict.tally), contract_version=verdict.contract_version)
    outlook = _outlook(at, held, file, verdict, watch)
    if not dataset.needs_transform:
        return outlook
    if dataset.on_arrival:
        watch.disguise(disguises.disguise(dataset.on_arrival))
    with holding.after_step(source.landed, dataset) or nullcontext() as outside:
        return _stepped(held, outlook, watch, find.dataset(dataset.name), outside)


def _as_if_held(file: Entry, *, retract: bool) -> Entry:
    stands = file.standing
    begun = replace(stands, generation=stands.generation + 1, retract=int(retract), original="")
    return replace(begun, state=State.CLAIMED, before=stands.told_before())


def _outlook(at: Workplace, held: Entry, file: Entry, verdict: Verdict, watch: _Watch) -> Outlook:
    was, before = held.standing, np.zeros(0, dtype=np.int64)
    if held.is_in_table and was.bad_rows > was.broken_rows:
        before = at.quarantine.refused_rows(was.dataset, held.standing_edition)
    new = change(held, before, watch.bad(), verdict.good_rows)
    return Outlook(
        file=file,
        good_rows=verdict.good_rows,
        bad_rows=verdict.bad_rows,
        recovered_rows=new.recovered,
        retracted_rows=new.retracted,
        rules=_rules(verdict.tally),
        note=NOTHING_NEW if is_nothing_new(held, new, verdict.contract_version) else _barred(held, new),
        contract_version=verdict.contract_version,
    )


def _stepped(
    held: Entry, so_far: Outlook, watch: _Watch, dataset: Dataset, outside: Beyond | None
) -> Outlook:
    """The same after the dataset's own step."""
    rows = so_far.good_rows + so_far.bad_rows
    if dataset.transform_sees is Sees.FILE and watch.size > LARGEST_WHOLE:
        return replace(so_far, note="too_large_for_step: its good rows are too many to be seen at once")
    try:
        verdict = judged(dataset, watch.seen(dataset.transform_sees), _Watch(keeps=False), outside)
    except StepFailed as failed:
        return _refused(held, so_far.file, f"step_failed: the step raised {failed}", rows)
    if verdict.fault is not None:
        return _refused(held, so_far.file, f"{verdict.fault.code}: {verdict.fault.what}", rows)
    if not verdict.good_rows:
        return _refused(held, so_far.file, "step_failed: no row that it returned keeps the contract", rows)
    if so_far.retracted_rows and not held.retract:  # the step would not be reached
        return so_far
    new = change_by_step(held, verdict.good_rows)
    told = replace(held, recovered_rows=so_far.recovered_rows, contract_version=so_far.contract_version)
    same = says_the_same(told, verdict.good_rows, verdict.bad_rows)
    return replace(
        so_far,
        good_rows=verdict.good_rows,
        bad_rows=so_far.bad_rows + verdict.bad_rows,
        recovered_rows=new.recovered,
        retracted_rows=new.retracted,
        rules=so_far.rules + _rules(verdict.tally),
        note=NOTHING_NEW if same else _barred(held, new),
    )


def _refused(held: Entry, file: Entry, reason: str, rows: int) -> Outlook:
    published = held.standing.good_rows if held.is_in_table else 0
    return Outlook(
        file=file,
        bad_rows=rows,
        retracted_rows=published,
        reason=reason,
        note=would_retract(published, reason) if published and not held.retract else "",
    )


def _barred(held: Entry, new: Change) -> str:
    return would_retract(new.retracted) if new.retracted and not held.retract else ""


def _rules(tally: Tally) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"column": column, "check": name, "rows": rows} for (column, name), rows in tally.counts().items()
    )


@dataclass
class _Watch:
    """The engine's keeper that keeps the numbers of bad rows, and good rows only where a step wants them."""

    keeps: bool
    size: int = 0
    _good: list[pl.DataFrame] = field(default_factory=list)
    _bad: list[Numbers] = field(default_factory=list)

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        if self.keeps:
            import polars as pl

            self._good.append(good.with_columns(pl.Series(ROW, row)))
            self.size += int(good.estimated_size())

    def refuse(self, bad: pl.DataFrame) -> None:
        self._bad.append(bad[ROW].to_numpy())

    def take_back(self, row: Numbers) -> None:
        import polars as pl

        self._good = [rows.filter(pl.Series(~np.isin(rows[ROW].to_numpy(), row))) for rows in self._good]

    def amend(self, more: pl.DataFrame) -> None:
        pass  # a reason more makes no row bad that was not

    def disguise(self, disguise: Disguise) -> None:
        """Good rows as the step gets them; no token is kept."""
        self._good = [disguise.names(rows) for rows in self._good]

    def bad(self) -> Numbers:
        return np.concatenate([np.zeros(0, dtype=np.int64), *self._bad])

    def seen(self, sees: Sees) -> Iterator[pl.DataFrame]:
        import polars as pl

        each = [rows.drop(ROW) for rows in self._good]
        return iter(each if sees is Sees.ROWS else [pl.concat(each, how="diagonal")])
