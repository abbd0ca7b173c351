"""Check a file against its contract: rows go to their keeper as they are found, a verdict comes back.

The file passes once, in batches of a few megabytes: unpacked, its structure checked, its cells parsed and
judged by the compiled plan. What is good leaves at once, what is bad leaves with all its reasons and its
bytes; only counts, a few examples and the hashes of keys stay. Where keys of two batches meet, the file is
read again, and no more of it parsed than those rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.arriving import Arriving, with_more_columns
from tidegate.contract.bad_rows import bad_rows, no_row, row_text
from tidegate.contract.compiled import OK
from tidegate.contract.file_rules import Gauge
from tidegate.contract.hopeless import MEND, fault_of_rows
from tidegate.contract.reading.choose import batches
from tidegate.contract.reasons import copy_reason, reasons, with_more
from tidegate.contract.second_look import last_look, second_look
from tidegate.contract.severity import UNIQUE, Severity, joined, rule_name
from tidegate.contract.source import FaultFound, Limits
from tidegate.contract.uniqueness import Seen
from tidegate.contract.verdict import BROKE_DOWN, ROW, Example, FileFault, Tally, Verdict
from tidegate.contract.warned import count_copies, count_warnings, without_warnings

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.contract.batch import Batch, Numbers
    from tidegate.contract.compiled import Plan
    from tidegate.contract.file_rules import Found
    from tidegate.contract.keeper import Keeper
    from tidegate.contract.outside import Outside
    from tidegate.contract.source import Source


def check(
    source: Source,
    plan: Plan,
    keeper: Keeper,
    *,
    limits: Limits | None = None,
    outside: Outside | None = None,
    landed_at: datetime | None = None,
    arriving: Arriving | None = None,
) -> Verdict:
    """Check one file.

    Args:
        source: its bytes, packed or not.
        plan: its dataset's compiled contract.
        keeper: takes the rows. On a fault, what it took as good may not be published.
        limits: how much is read before the file is refused.
        outside: what good rows are held against beyond their own file.
        landed_at: when the file did, by which its freshness is judged.
        arriving: what becomes of columns that are not the contract's; they are refused if nothing is said.

    Raises:
        ContractMistake: the contract cannot be run.
    """
    reading = Reading(plan, keeper, limits or Limits(), outside, landed_at, arriving or Arriving())
    fault = _read(source, reading)
    total = reading.good + reading.bad
    return Verdict(
        dataset=plan.dataset,
        contract_version=plan.version,
        total_rows=total,
        good_rows=reading.good,
        bad_rows=reading.bad,
        tally=reading.tally,
        fault=fault,
        warnings=reading.warned(),
        difference=reading.arriving.difference(plan, reading.tally, total, fault),
    )


def _read(source: Source, reading: Reading) -> FileFault | None:
    """Read the file, again where rows must be looked at twice; why it is refused as a whole, if it is."""
    try:
        for batch in batches(source, reading.plan, reading.limits, reading.arriving):
            reading.take(batch)
        second_look(source, reading)
        if reading.outside is not None and reading.fault() is None:
            last_look(source, reading, reading.outside)
    except FaultFound as found:
        return found.fault
    except pl.exceptions.PanicException:  # no `Exception`: it would end its whole batch, time and again
        return BROKE_DOWN
    finally:
        for seen in reading.seen:
            seen.close()
    return reading.fault()


@dataclass
class Reading:
    """One file on its way: what is known of it so far."""

    plan: Plan
    keeper: Keeper
    limits: Limits
    outside: Outside | None
    landed_at: datetime | None = None
    arriving: Arriving = field(default_factory=Arriving)
    good: int = 0
    bad: int = 0
    tally: Tally = field(default_factory=Tally)
    warnings: Tally = field(default_factory=Tally)
    seen: list[Seen] = field(default_factory=list)
    refused: list[Numbers] = field(default_factory=list)  # the numbers of bad rows
    told: list[list[Numbers]] = field(default_factory=list)  # those that are told to be copies, by group

    def __post_init__(self) -> None:
        self.gauge = Gauge(self.plan.file_rules)
        self.seen = [Seen(group) for group in self.plan.unique]
        self.told = [[] for _ in self.seen]

    def take(self, batch: Batch) -> None:
        """Judge a batch, and hand its rows on."""
        if batch.why is not None and len(batch.broken.row):
            self.refuse(bad_rows(batch.broken, no_row(self.plan, batch.broken), batch.why))
        if len(batch.row):
            self._judge(batch)
        self._stop_if_hopeless()

    def fault(self) -> FileFault | None:
        """Why the file as a whole is refused, as far as it has been read."""
        total = self.good + self.bad
        refusing = [
            f"{rule_name(*rule)} is broken by {rows:,} of {total:,} rows"
            for rule, rows in self.tally.counts().items()
            if self.plan.severities.get(rule) is Severity.REFUSE_FILE
        ]
        refusing += [
            f"{found.rule.check}: {found.said}"
            for found in self._broken_by_file()
            if found.rule.severity is Severity.REFUSE_FILE
        ]
        if total and refusing:
            what = f"{'; '.join(refusing[:5])}: for this the contract refuses a file"
            return FileFault(code="rule_refuses_file", what=what, next_step=MEND)
        return fault_of_rows(self.good, self.bad, self.limits, self.tally)

    def warned(self) -> Tally:
        """What only warns, of rows and of the file."""
        for found in self._broken_by_file():
            if found.rule.severity is Severity.WARN:
                self.warnings.more((found.rule.column, found.rule.check), 0, [Example(0, 0, found.said)])
        return self.warnings

    def _broken_by_file(self) -> list[Found]:
        return self.gauge.broken(self.good + self.bad, self.bad, self.landed_at)

    def refuse(self, bad: pl.DataFrame) -> None:
        """Hand bad rows on, and count them."""
        self.bad += bad.height
        self.tally.add(bad)
        self.keeper.refuse(bad)

    def take_back(self, bad: pl.DataFrame) -> None:
        """Refuse rows that were kept before; give those that were refused before a reason more."""
        row = bad[ROW].to_numpy()
        before = np.isin(row, np.concatenate([np.zeros(0, dtype=np.int64), *self.refused]))
        again, fresh = bad.filter(pl.Series(before)), bad.filter(pl.Series(~before))
        if again.height:
            self.tally.add(again)
            self.keeper.amend(again)
        if fresh.height:
            self.refused.append(row[~before])
            self.good -= fresh.height
            self.keeper.take_back(row[~before])
            self.refuse(fresh)

    def _judge(self, batch: Batch) -> None:
        judged = self._judged(batch)
        if self.plan.warnings:
            count_warnings(self.plan, batch, judged, self.warnings)
        copies = {}
        for seen, told in zip(self.seen, self.told, strict=True):
            found = seen.add(judged)
            if found is not None and self.plan.warns(joined(seen.group), UNIQUE):
                count_copies(batch, found, copy_reason(seen.group), self.warnings)
                told.append(batch.row[found.to_numpy()])
            elif found is not None:
                copies[seen.group] = found
                judged = judged.with_columns(judged[OK] & ~found)
                told.append(batch.row[found.to_numpy()])
        beyond = self._beyond(batch, judged)
        if beyond is not None:
            judged = judged.with_columns(judged[OK] & (beyond.list.len() == 0))
        keeps = judged[OK].to_numpy()
        if keeps.all():
            self._keep(judged, batch.row)
            return
        chosen = np.flatnonzero(~keeps)
        some = judged[chosen]
        why = reasons(self.plan, some, {group: found.gather(chosen) for group, found in copies.items()})
        why = why if batch.against is None else with_more(why, batch.against.gather(chosen))
        if beyond is not None:  # only rows that kept all rules were asked about
            why = why.list.concat(beyond.gather(chosen))
        self.refused.append(batch.row[chosen])
        evidence = batch.records(chosen)
        self.refuse(bad_rows(evidence, row_text(self.plan, some, evidence.raw), why))
        if keeps.any():
            self._keep(judged.filter(judged[OK]), batch.row[keeps])

    def _judged(self, batch: Batch) -> pl.DataFrame:
        cells = batch.cells()
        judged = self.plan.judged_typed(cells) if batch.typed else self.plan.judged(cells)
        if batch.against is not None:
            judged = judged.with_columns(judged[OK] & (batch.against.list.len() == 0))
        return judged

    def _keep(self, judged: pl.DataFrame, row: Numbers) -> None:
        self.good += judged.height
        self.gauge.see(judged)
        self.keeper.keep(with_more_columns(self.plan, judged), row)

    def _beyond(self, batch: Batch, judged: pl.DataFrame) -> pl.Series | None:
        """Reasons from beyond the file, a list for each row; asked of rows that are good so far."""
        if self.outside is None:
            return None
        good = judged.with_row_index("_at").filter(OK)
        why = self.outside.reasons(good.select(self.plan.columns), batch.row[judged[OK].to_numpy()])
        if not (why.list.len() > 0).any():
            return None
        found = pl.DataFrame({"_at": good["_at"], "why": why})
        every = judged.select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("_at"))
        each = every.join(found, on="_at", how="left", maintain_order="left")["why"].fill_null([])
        return without_warnings(self.plan, batch, each, self.warnings)

    def _stop_if_hopeless(self) -> None:
        """Give a file up while it is read, once so much of it is bad that its reasons would fill a disk."""
        total = self.good + self.bad
        if self.bad >= self.limits.hopeless_rows and self.bad > self.limits.bad_share * total:
            what = f"{self.bad:,} of the first {total:,} rows break the contract, and the rest was not read"
            raise FaultFound("too_many_bad_rows", what, MEND)
