"""What can start a function: the words in which `infra/flow.py` says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.facts import Fact
    from tidegate.plan import Plan
    from tidegate.settings import Setting

Which = Literal["any", "looked up", "read"]


@dataclass(frozen=True)
class Landed:
    """An object came into the landing bucket (S3's own event)."""


@dataclass(frozen=True)
class Said:
    """A fact was published on our bus; `where` narrows its detail, `of` its dataset to what models use."""

    fact: type[Fact]
    where: Mapping[str, bool | str] = field(default_factory=dict)
    of: Which = "any"


@dataclass(frozen=True)
class Queue:
    """Messages of a queue with dead letters; `holds` says what is put into it."""

    name: str
    holds: tuple[Landed | Said, ...]


@dataclass(frozen=True)
class Every:
    """A clock strikes: the environment's field of this name holds the expression."""

    field: str


@dataclass(frozen=True)
class EachModelsSchedule:
    """A clock strikes: each model declares its own expression."""


@dataclass(frozen=True)
class EachModelsWatch:
    """A clock strikes: each model declares when it is looked at."""


@dataclass(frozen=True)
class Step:
    """A state of one of our state machines."""

    machine: Literal["training", "deployment"]


@dataclass(frozen=True)
class PackageChanged:
    """SageMaker's registry says that the state of one of our model packages changed."""


@dataclass(frozen=True)
class BuildEnded:
    """CodeBuild says that a build of the models' image ended, well or not."""


@dataclass(frozen=True)
class Route:
    """A request to the HTTP API."""

    method: str
    path: str


@dataclass(frozen=True)
class Copied:
    """Our front hands over a copy of a request, for a shadow."""


@dataclass(frozen=True)
class CustomResource:
    """CloudFormation creates, updates or deletes a resource of this type."""

    type: str


Trigger = (
    Queue
    | Landed
    | Said
    | Every
    | EachModelsSchedule
    | EachModelsWatch
    | Step
    | PackageChanged
    | BuildEnded
    | Route
    | Copied
    | CustomResource
)


@dataclass(frozen=True, kw_only=True)
class Function:
    """One row of the flow: a function, what starts it, and what it is given."""

    on: tuple[Trigger, ...]
    memory: int  # MB
    timeout: int  # seconds
    layers: tuple[str, ...]
    reads: tuple[Setting, ...]
    scratch: int = 512  # MB of disk
    layers_if_slow: tuple[str, ...] = ()  # besides, where a dataset has a check that only pandera can run

    def layers_for(self, plan: Plan) -> tuple[str, ...]:
        """The layers that it needs for these datasets."""
        slow = any(dataset.slow_checks for dataset in plan.datasets.values())
        return (*self.layers, *self.layers_if_slow) if slow else self.layers

    @property
    def queue(self) -> Queue | None:
        """The queue that this function is fed from, if there is one."""
        return next((trigger for trigger in self.on if isinstance(trigger, Queue)), None)
