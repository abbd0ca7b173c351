"""What the stacks and the light functions know of datasets and models, without importing pandera or polars.

`infra` writes it as `plan.json` beside the deployed code at synthesis, and `plan()` reads it there. In a
checkout there is no such file, and the plan is made from `schemas/` and `pipelines/` as they stand.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tidegate.errors import NotFound
from tidegate.models.ways import (
    BY_CANARY,
    BY_PERSON,
    NAMED_WHEN_IDLE,
    ON_INSTANCES,
    Approval,
    Idle,
    Rollout,
    Serving,
    read_way,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BESIDE_THE_CODE = Path(__file__).resolve().parents[1] / "plan.json"
OBJECT_ID = "_object_id"
_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One column of a table; `type` is Iceberg's name for it (`string`, `long`, `timestamptz` …)."""

    name: str
    type: str
    required: bool
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """What a published table looks like, as `functions/evolve.py` gets it."""

    name: str
    description: str
    fields: tuple[Field, ...]  # the contract's columns, then `_object_id`
    key: tuple[str, ...]
    partition_column: str  # empty: the table is not partitioned
    partition_grain: str  # day, month or year

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> TableSpec:
        """Read a specification back from its JSON form."""
        fields = tuple(Field(**field) for field in value["fields"])
        return cls(**{**value, "fields": fields, "key": tuple(value["key"])})


@dataclass(frozen=True, kw_only=True)
class DatasetPlan:
    """One dataset, as far as wiring and light functions need it."""

    name: str
    contract: str  # the hash of the file that declares it
    needs_transform: bool
    own_queue: bool
    overwrite: str
    table: TableSpec
    slow_checks: tuple[str, ...] = ()  # for them, its files are checked with pandera at hand


@dataclass(frozen=True, kw_only=True)
class LookupPlan:
    """A table that a live prediction looks something up in."""

    dataset: str
    by: tuple[str, ...]
    at: str


@dataclass(frozen=True, kw_only=True)
class RetrainPlan:
    """What starts a training by itself, and how often at most."""

    on: tuple[str, ...] = ("new data", "schedule", "drift", "quality")
    cool_down_hours: float = 0.0
    most_a_day: int = 4
    hours_a_month: float = 100.0


@dataclass(frozen=True, kw_only=True)
class ModelPlan:
    """One model, as far as wiring and light functions need it."""

    name: str
    request: str
    known_by: str
    reads: tuple[str, ...]
    lookups: tuple[LookupPlan, ...]
    least_new_rows: int
    schedule: str
    instance_type: str
    seed: int
    code: str  # the hash of its folder and of the kit's learning code
    environment: str = ""  # the hash of its own environment's lock, where it trains in one
    rollout: Rollout = BY_CANARY
    serving: Serving = ON_INSTANCES
    approval: Approval = BY_PERSON
    idle: Idle = NAMED_WHEN_IDLE
    watch: str = "rate(1 day)"  # when it is looked at
    writes: bool = False  # text: it is not watched for drift, and its scores are not held against another's
    retrain: RetrainPlan = RetrainPlan()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Every dataset and every model."""

    datasets: Mapping[str, DatasetPlan]
    models: Mapping[str, ModelPlan]

    def dataset(self, name: str) -> DatasetPlan:
        """The dataset called `name`.

        Raises:
            NotFound: there is none.
        """
        return _one(self.datasets, name, "dataset", f"schemas/{name}.py")

    def model(self, name: str) -> ModelPlan:
        """The model called `name`.

        Raises:
            NotFound: there is none.
        """
        return _one(self.models, name, "model", f"pipelines/{name}/")

    def to_json(self) -> str:
        """The text of `plan.json`."""
        return json.dumps(asdict(self), indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Read a plan back from the text of `plan.json`."""
        value = json.loads(text)
        return cls(
            datasets={name: _dataset_from_json(item) for name, item in value["datasets"].items()},
            models={name: _model_from_json(item) for name, item in value["models"].items()},
        )


@cache
def plan() -> Plan:
    """The plan beside the code, or, in a checkout, the one that its folders give."""
    if BESIDE_THE_CODE.exists():
        return Plan.from_json(BESIDE_THE_CODE.read_text("utf-8"))
    from tidegate.planning import plan_from_folders

    return plan_from_folders()


def _one(known: Mapping[str, _T], name: str, kind: str, where: str) -> _T:
    try:
        return known[name]
    except KeyError:
        names = ", ".join(known) or "none"
        raise NotFound(where, f"no {kind} is called {name!r}", f"The {kind}s are: {names}") from None


def _dataset_from_json(value: Mapping[str, Any]) -> DatasetPlan:
    table, slow_checks = TableSpec.from_json(value["table"]), tuple(value["slow_checks"])
    return DatasetPlan(**{**value, "table": table, "slow_checks": slow_checks})


def _model_from_json(value: Mapping[str, Any]) -> ModelPlan:
    lookups = tuple(LookupPlan(**{**look, "by": tuple(look["by"])}) for look in value["lookups"])
    ways = {name: read_way(value[name]) for name in ("rollout", "serving", "approval", "idle")}
    retrain = RetrainPlan(**{**value["retrain"], "on": tuple(value["retrain"]["on"])})
    read = {"lookups": lookups, "reads": tuple(value["reads"]), "retrain": retrain}
    return ModelPlan(**{**value, **ways, **read})
