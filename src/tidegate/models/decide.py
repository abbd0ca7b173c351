"""Decide whether a training starts: plain values in, a decision with its reason out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from tidegate.errors import BadRequest
from tidegate.models.restraint import Past, reason_against
from tidegate.models.run import run_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.plan import ModelPlan, Plan

INSISTS = (
    "Schedule",
    "Person",
    "DriftFound",
    "Pipeline",
)  # these want a training however little new data there is
UNBOUNDED = ("object_ids", "data_files")  # an execution's input may have 256 KiB
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ASKED_FOR = ("Person", "Pipeline")  # somebody insists, and pays
FAILED = ("FAILED", "TIMED_OUT", "ABORTED")
UNDER_WAY = " is under way; the next event or schedule sees what came since"  # after a training's name


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What asked for a training."""

    kind: str  # TablePublished, Schedule, DriftFound, Person or Pipeline
    dataset: str  # the table that was published, or nothing
    model: str  # the model that is meant, or nothing for all
    event: Mapping[str, Any]

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Self:
        """Read a fact of our bus, the schedule's input, or a person's.

        Raises:
            BadRequest: the event is none of these.
        """
        detail = event.get("detail", {})
        kind = event.get("detail-type") or event.get("cause")
        if kind == "TablePublished":
            return cls(kind=kind, dataset=detail["dataset"], model="", event=event)
        if kind == "DriftFound":
            return cls(kind=kind, dataset="", model=detail["model"], event=event)
        if kind in ("Schedule", "Person", "Pipeline"):
            return cls(kind=kind, dataset="", model=event.get("model", ""), event=event)
        raise BadRequest(
            "functions/train.py",
            f"an event of kind {kind!r} asks for no training",
            'Send TablePublished, DriftFound, or {"model": …, "cause": "Schedule" | "Person"}',
        )

    def told(self) -> dict[str, Any]:
        """The event as a training remembers it, without lists that have no bound."""
        detail = {
            name: value for name, value in self.event.get("detail", {}).items() if name not in UNBOUNDED
        }
        return {**self.event, "detail": detail} if "detail" in self.event else dict(self.event)

    @property
    def causes(self) -> tuple[str, ...]:
        """What asks, in the words of `Retrain.on`; a person asks for none of these."""
        if self.kind != "DriftFound":
            return {"TablePublished": ("new data",), "Schedule": ("schedule",)}.get(self.kind, ())
        found = self.event.get("detail", {}).get("what", ())
        drifted = ("drift",) if set(found) != {"quality"} else ()
        return (*drifted, "quality") if "quality" in found else drifted

    def models(self, plan: Plan) -> list[ModelPlan]:
        """The models that this concerns.

        Raises:
            NotFound: the model that is meant does not exist.
        """
        if self.model:
            return [plan.model(self.model)]
        return [model for model in plan.models.values() if not self.dataset or self.dataset in model.reads]


@dataclass(frozen=True, kw_only=True)
class TableState:
    """What a table holds now."""

    snapshot_id: str  # empty: nothing was ever committed
    rows: int


@dataclass(frozen=True, kw_only=True)
class LastTraining:
    """What the last training read, and how it ended."""

    run: str
    rows: int  # of the request table
    status: str  # of its execution
    judged: int = 0  # the rows that the last one before it read which came to its end

    @property
    def rows_judged(self) -> int:
        """The rows that a training has judged; one that failed, or never started, judged none."""
        return self.rows if self.status == "SUCCEEDED" else self.judged


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The world as it is before the decision."""

    tables: Mapping[str, TableState]  # only those that exist
    last: LastTraining | None
    running: str  # a training of the same model that is under way, or nothing
    etag: str  # of the record of the last training, or nothing
    past: tuple[Past, ...] = ()  # its trainings of the last thirty days
    now: datetime = LONG_AGO


@dataclass(frozen=True, kw_only=True)
class Start:
    """A training starts."""

    model: ModelPlan
    run: str
    tables: Mapping[str, str]
    contracts: Mapping[str, str]
    rows: int
    wish: Wish
    etag: str
    judged: int = 0


@dataclass(frozen=True, kw_only=True)
class Nothing:
    """No training starts, and this is why."""

    reason: str


def decide(model: ModelPlan, plan: Plan, wish: Wish, seen: Seen) -> Start | Nothing:
    """Whether `wish` starts a training of `model`; the model's own rules hold back what nobody asked for."""
    wanted = _wanted(model, plan, wish, seen)
    if isinstance(wanted, Nothing) or wish.kind in ASKED_FOR:
        return wanted
    held = reason_against(model.retrain, wish.causes, seen.past, seen.now)
    return Nothing(reason=held) if held else wanted


def _wanted(model: ModelPlan, plan: Plan, wish: Wish, seen: Seen) -> Start | Nothing:
    waiting = [name for name in model.reads if name not in seen.tables or not seen.tables[name].rows]
    if waiting:
        return Nothing(reason=f"waits for rows in: {', '.join(waiting)}")
    if seen.running:
        return Nothing(reason=f"{seen.running}{UNDER_WAY}")
    rows = seen.tables[model.request].rows
    tables = {name: seen.tables[name].snapshot_id for name in model.reads}
    contracts = {name: plan.dataset(name).contract for name in model.reads}
    run = run_name(model.name, tables, contracts, model.code)
    judged = seen.last.rows_judged if seen.last else 0
    start = Start(
        model=model,
        run=run,
        tables=tables,
        contracts=contracts,
        rows=rows,
        wish=wish,
        etag=seen.etag,
        judged=judged,
    )
    if seen.last and seen.last.run.startswith(run):
        return _again(start, seen.last)
    fresh = rows - judged
    if wish.kind not in INSISTS and fresh < model.least_new_rows:
        return Nothing(reason=f"{fresh} new rows of {model.request}; {model.least_new_rows} start a training")
    return start


def _again(start: Start, last: LastTraining) -> Start | Nothing:
    """The same data, contracts and code were wanted before."""
    if not last.status:  # it was recorded, and then not started: the name keeps it from starting twice
        return replace(start, run=last.run)
    if last.status not in FAILED:
        said = f"{last.run} has learned from the same data, contracts and code"
        waits = f"; new rows of {start.model.request} are waited for"
        return Nothing(reason=said + waits if start.wish.kind == "DriftFound" else said)
    if start.wish.kind not in INSISTS:
        ask = f"tidegate train {start.model.name}"
        return Nothing(reason=f"{last.run} failed on the same data; ask for it with: {ask}")
    tries = last.run.removeprefix(start.run).removeprefix("-")
    return replace(start, run=f"{start.run}-{int(tries or 1) + 1}")
