"""Hold the written contract against its own sample with the real engine; loosen what the sample breaks."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.contract.arriving import arriving_in
from tidegate.contract.declare import Dataset
from tidegate.contract.engine import check
from tidegate.contract.infer.contract import draft_of
from tidegate.contract.infer.write import text_of
from tidegate.contract.preparing import prepare
from tidegate.contract.severity import NOT_NULL, TYPE, UNIQUE, joined
from tidegate.contract.source import Limits

if TYPE_CHECKING:
    import polars as pl

    from tidegate.contract.batch import Numbers
    from tidegate.contract.infer.draft import Draft
    from tidegate.contract.source import Source
    from tidegate.contract.verdict import Verdict

_ROUNDS = 12
_OF_READING = ("missing", "unknown", "rounded")  # what stands against a record of JSON, whatever its rules


class _Nowhere:
    """Keeps no row."""

    def keep(self, good: pl.DataFrame, row: Numbers) -> None:
        """Let good rows go."""

    def refuse(self, bad: pl.DataFrame) -> None:
        """Let bad rows go."""

    def take_back(self, row: Numbers) -> None:
        """There is nothing to take back."""

    def amend(self, more: pl.DataFrame) -> None:
        """There is nothing to amend."""


@dataclass(frozen=True)
class Inferred:
    """A contract, and what becomes of its own sample under it."""

    draft: Draft
    text: str
    verdict: Verdict

    @property
    def accepts(self) -> bool:
        """Whether every row of the sample would be published."""
        return self.verdict.fault is None and not self.verdict.bad_rows


def infer(source: Source, name: str) -> Inferred:
    """Write the contract that a file keeps, as far as a contract can.

    Raises:
        FaultFound: the file cannot be read.
        BadRequest: it holds no rows.
    """
    draft = draft_of(source, name, Limits())
    for _ in range(_ROUNDS):
        verdict = judged(source, text_of(draft), name)
        if not _loosened(draft, verdict):
            break
    if not draft.key:
        draft.comments.append(
            "nothing names each row of the sample, so its key is empty, and copies are rows like others"
        )
    told = [
        f"{column or 'row'}: {rule} ({rows:,} rows)"
        for (column, rule), rows in verdict.tally.counts().items()
    ]
    if told:
        draft.comments.append(
            f"of its own sample {verdict.bad_rows:,} of {verdict.total_rows:,} rows are not accepted: "
            + "; ".join(told[:5])
        )
    return Inferred(draft, text_of(draft), verdict)


def judged(source: Source, text: str, name: str) -> Verdict:
    """What the engine says of a file under the contract that a text declares."""
    limits = Limits(bad_share=1.0)  # every row is to be seen, however many are bad
    prepared = prepare(declared_in(text, name))
    return check(source, prepared.plan, _Nowhere(), limits=limits, arriving=arriving_in("", prepared))


def declared_in(text: str, name: str) -> Dataset:
    """The dataset that a schema file's text declares; no module of that name is touched."""
    module = types.ModuleType(f"inferred_{name}")
    code = compile(text, f"schemas/{name}.py", "exec", dont_inherit=True)
    exec(code, module.__dict__)  # noqa: S102 - the kit wrote it itself
    found = module.__dict__["dataset"]
    if not isinstance(found, Dataset):
        raise TypeError(f"{name} is no dataset")
    return found


def _loosened(draft: Draft, verdict: Verdict) -> bool:
    """Loosen each rule that the sample breaks; whether there was any."""
    changed = False
    for (column, rule), rows in verdict.tally.counts().items():
        if rows <= draft.totals:
            continue
        if rule == UNIQUE and column == joined(draft.key) and len(draft.keys) > 1:
            draft.keys.pop(0)
            changed = True
        elif any(one.name == column for one in draft.columns):
            changed |= _loosened_column(draft, column, rule)
    return changed


def _loosened_column(draft: Draft, name: str, rule: str) -> bool:
    column = draft.column(name)
    if rule == NOT_NULL:
        column.nullable = True
        _without(draft, name)
    elif rule == TYPE and column.kind != "text":
        column.become_text("text: not all cells of the sample are written as the type that it looked like")
    elif rule in (TYPE, *_OF_READING) or not column.rules:
        return False
    else:
        column.rules = {}
        column.comments = [said for said in column.comments if not said.startswith("guess")]
    return True


def _without(draft: Draft, name: str) -> None:
    """Keys and partition without a column that may be null."""
    draft.keys = [key for key in draft.keys if name not in key]
    if draft.partition and draft.partition[0] == name:
        draft.partition = None
