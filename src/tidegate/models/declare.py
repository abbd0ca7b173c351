"""What a folder in `pipelines/` declares: one model, what it reads, predicts and must reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from tidegate.errors import ContractMistake
from tidegate.models.ways import (
    BY_CANARY,
    BY_PERSON,
    NAMED_WHEN_IDLE,
    ON_INSTANCES,
    AllAtOnce,
    Approval,
    ByPerson,
    ByRule,
    Canary,
    Idle,
    Linear,
    RealTime,
    Rollout,
    Serverless,
    Serving,
    Shadow,
)

if TYPE_CHECKING:
    import polars as pl

__all__ = [  # what a model's folder imports from here
    "AllAtOnce",
    "ByPerson",
    "ByRule",
    "Canary",
    "Frames",
    "Idle",
    "Limits",
    "Linear",
    "Lookup",
    "Model",
    "RealTime",
    "Retrain",
    "Serverless",
    "Shadow",
    "Tune",
    "Watch",
]

MOST_TRIES, MOST_FOLDS = 50, 10
Frames = Mapping[str, "pl.DataFrame"]


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A table that a prediction looks something up in: the row of `by`, the latest one if `at` is given."""

    dataset: str
    by: tuple[str, ...]  # columns of the looked-up table
    at: str = ""  # its timestamp column, for the latest row at or before a time; empty: one row per `by`


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What the gate holds a candidate to, beside `least_auc` and the scores of the model in service."""

    slice_rows: int = 500  # a slice of fewer held-out rows is shown, and not judged
    slice_auc: float = 0.5  # no judged slice may lie surely below: a model that guesses there is none
    slice_loss: float = 0.03  # so much AUC may a slice lose against the model in service
    calibration_error: float = 0.1  # how far chances and what came true may be apart, on average
    latency_ratio: float = 3.0  # how much processor time an answer may take, as a multiple of the champion's
    onnx_bytes: int = 50_000_000
    leak_auc: float = 0.98  # a feature that alone tells the label so well is taken for the label itself


@dataclass(frozen=True, kw_only=True)
class Tune:
    """A small space of ways to fit, tried by cross-validation in time within the training job.

    `fit` takes each name as a keyword; the first value of each is the default. An empty space is fine.
    """

    space: Mapping[str, tuple[Any, ...]]
    tries: int = 8
    folds: int = 3

    def __post_init__(self) -> None:
        """Bounded: a training fits `tries` times `folds` times, and once more."""
        if not (1 <= self.tries <= MOST_TRIES and 1 <= self.folds <= MOST_FOLDS and all(self.space.values())):
            raise ContractMistake(
                "Tune(…)",
                f"it has {self.tries} tries, {self.folds} folds and the space {dict(self.space)}",
                f"Give up to {MOST_TRIES} tries, up to {MOST_FOLDS} folds, and a value or more for each name",
            )


def _no_keys(_rows: pl.DataFrame) -> Frames:
    return {}


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How a model in service is watched, and what is too little to be judged or to matter."""

    schedule: str = "rate(1 day)"  # an EventBridge Scheduler expression
    moment: Callable[[pl.DataFrame], pl.Series] | None = None
    # a request's rows -> the time that each is about; none: its time column, where a request has it, or now
    zone: str = "UTC"  # whose hours, weekends and months are the seasons
    least_rows: int = 500  # fewer wait for the next watch
    least_labels: int = 500
    labels_within: timedelta = timedelta(days=45)  # so old a prediction is when its label counts no more
    least_psi: float = 0.1  # a smaller difference is no drift, be it ever so certain
    least_share: float = 0.05  # the same of missing values and of values outside what training saw
    tolerated_auc_loss: float = 0.03
    tolerated_miscalibration: float = 0.05  # between the mean of the scores and the share of labels


@dataclass(frozen=True, kw_only=True)
class Retrain:
    """What starts a training by itself, and how often at most; a person may always start one."""

    on: tuple[str, ...] = ("new data", "schedule", "drift", "quality")
    cool_down: timedelta = timedelta(0)  # after a training began, before the next begins
    most_a_day: int = 4
    hours_a_month: float = 100.0  # of one instance, as long as trainings ran in the last thirty days


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model. `features`, `label` and `fit` are plain functions; everything else is configuration."""

    name: str
    description: str
    request: str  # the dataset whose contract, less what is not yet known, a prediction request must meet
    known_by: str  # the moment of that dataset at which a prediction is made
    lookups: tuple[Lookup, ...]
    time_column: str  # of the published request table: training rows come before test rows
    test_share: float  # the latest share of the rows, held out
    features: Callable[
        [pl.DataFrame, Frames], pl.DataFrame
    ]  # (rows known by then, lookups) -> one row of floats each; `Columns` where they are columns as they are
    label: Callable[[pl.DataFrame], pl.DataFrame]  # published rows -> columns `row` (their index) and `label`
    fit: Callable[..., Any]  # (features, labels, seed, **what `tune` chose) -> a fitted estimator
    baseline_feature: str  # the one feature that the one-feature baseline may use
    least_auc: float  # the gate's floor
    least_new_rows: int  # new data starts a training only from here on; a schedule always may
    schedule: str  # an EventBridge Scheduler expression
    instance_type: str
    seed: int = 7
    sampled: float = 1.0  # the share of requests that its endpoint captures
    lookup_keys: Callable[[pl.DataFrame], Frames] = (
        _no_keys  # rows -> for each lookup, the `by` (and latest `at`) to fetch
    )
    embargo: timedelta = timedelta(
        0
    )  # how long a label takes to be known: training stops so long before the test
    slices: tuple[str, ...] = ()  # columns of the request table: the gate looks at each value by itself
    limits: Limits = Limits()
    intended_use: str = ""  # what its answers are for; the model card shows it
    not_for: str = ""  # where it is not to be believed
    tune: Tune | None = None
    calibrate: Literal["", "isotonic", "platt"] = ""  # tried, and kept where the chances come out better
    watch: Watch = Watch()
    retrain: Retrain = Retrain()

    rollout: Rollout = BY_CANARY
    serving: Serving = ON_INSTANCES
    approval: Approval = BY_PERSON
    idle: Idle = NAMED_WHEN_IDLE

    @property
    def reads(self) -> tuple[str, ...]:
        """Every dataset a training reads."""
        return (self.request, *(lookup.dataset for lookup in self.lookups))
