"""The ways into service that a model may declare: how traffic shifts, on what it runs, and who says yes."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from tidegate.errors import ContractMistake
from tidegate.models.run import version_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.plan import ModelPlan

MOST_PERCENT = 50  # of the capacity, that SageMaker lets a canary or a step have
LEAST_STEP = 10  # percent, of a linear roll-out
LONGEST_WAIT = 3600  # seconds, that SageMaker lets a step last
LONGEST = 7200  # seconds, of a whole roll-out: the deployment machine waits for its end, and has eight hours
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html
MEMORIES = (1024, 2048, 3072, 4096, 5120, 6144)  # MB
MOST_AT_ONCE = 200
LONGEST_NAME = 63  # characters, of an endpoint, a configuration, a model or a group
LATEST = 9999  # the version for which a name must have room


@dataclass(frozen=True, kw_only=True)
class AllAtOnce:
    """All requests go to the new version at once; the alarms take it back while `seconds` pass."""

    seconds: int = 60
    kind: str = field(default="all_at_once", init=False)


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A share of the requests goes to the new version for a time, then all do."""

    percent: int = 50
    seconds: int = 120
    kind: str = field(default="canary", init=False)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """The new version's share grows by so much at a time."""

    percent: int = 50
    seconds: int = 120  # that each step lasts
    kind: str = field(default="linear", init=False)


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """The new version gets copies of requests for a time, and nobody its answers; then it is compared."""

    percent: int = 100  # of the requests, that are copied
    seconds: int = 600
    kind: str = field(default="shadow", init=False)


Rollout = AllAtOnce | Canary | Linear | Shadow


@dataclass(frozen=True, kw_only=True)
class RealTime:
    """Instances that always run."""

    instances: int = 2  # a canary is at most half of them
    instance_type: str = ""  # empty: the model's own
    kind: str = field(default="real_time", init=False)


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """Containers that are there while somebody asks; each version has its own endpoint, behind our front."""

    memory_mb: int = 2048
    concurrency: int = 20  # calls at the same time, of one version; more are refused with 429
    kind: str = field(default="serverless", init=False)


Serving = RealTime | Serverless


@dataclass(frozen=True, kw_only=True)
class ByPerson:
    """Somebody approves each version."""

    kind: str = field(default="by_person", init=False)


@dataclass(frozen=True, kw_only=True)
class ByRule:
    """A version that the gate let pass approves itself where its interval lies above the champion."""

    least_gain: float = 0.0  # in AUC, that the pessimistic end of the interval must exceed
    first_too: bool = False  # whether the first version, which has no champion, needs nobody either
    kind: str = field(default="by_rule", init=False)


@dataclass(frozen=True, kw_only=True)
class Idle:
    """When an endpoint is called idle, and whether it is then switched off; its configuration stays."""

    days: int = 14  # without a request
    switch_off: bool = False
    kind: str = field(default="idle", init=False)


Approval = ByPerson | ByRule
# What a model has that declares nothing.
BY_CANARY, ON_INSTANCES, BY_PERSON, NAMED_WHEN_IDLE = Canary(), RealTime(), ByPerson(), Idle()
_ALL = (AllAtOnce, Canary, Linear, Shadow, RealTime, Serverless, ByPerson, ByRule, Idle)
_KINDS = {str(one().kind): one for one in _ALL}


def read_way(told: Mapping[str, Any]) -> Any:
    """A way as the plan's JSON has it."""
    kind = _KINDS[told["kind"]]
    return kind(**{one.name: told[one.name] for one in fields(kind) if one.init and one.name in told})


def lasts(rollout: Rollout) -> int:
    """The seconds in which a roll-out shifts and compares, beside those that instances take to start."""
    steps = -(-100 // rollout.percent) if isinstance(rollout, Linear) else 1
    return steps * rollout.seconds


def check_ways(model: str, rollout: Rollout, serving: Serving) -> None:
    """Refuse what no endpoint can do.

    Raises:
        ContractMistake: the model declares it.
    """
    where = f"pipelines/{model}/__init__.py"
    if isinstance(serving, Serverless):
        _check_serverless(where, serving)
    if not isinstance(rollout, AllAtOnce):
        _check_share(where, rollout, serving)
    longest = LONGEST if isinstance(rollout, Shadow) else LONGEST_WAIT
    if not 0 <= rollout.seconds <= longest:
        what = f"rollout: {rollout.seconds} seconds, where 0 to {longest} are possible"
        raise ContractMistake(where, what, "Change `seconds`")
    if lasts(rollout) > LONGEST:
        what = f"the rollout lasts {lasts(rollout)} seconds; {LONGEST} are possible"
        raise ContractMistake(where, what, "Change `seconds` or `percent`")


def check_names(models: Mapping[str, ModelPlan]) -> None:
    """Refuse a model that is called as the endpoint of another one's version is.

    Raises:
        ContractMistake: there is one, as `prices_v2` beside a serverless `prices`.
    """
    for name in models:
        stem, marked, number = name.rpartition("_v")
        if marked and number.isdecimal() and stem in models and isinstance(models[stem].serving, Serverless):
            what = f"version {number} of the serverless model {stem} has an endpoint of this name"
            raise ContractMistake(f"pipelines/{name}/__init__.py", what, "Give the model another name")


def check_room(environment: str, models: Mapping[str, ModelPlan]) -> None:
    """Refuse a model of whose versions no configuration could be made: at SageMaker it fails on its way in.

    Raises:
        ContractMistake: with the environment's name and its versions', its own is too long.
    """
    for name, model in models.items():
        own = version_name(environment, name, LATEST)
        beside = f"-shadows-{'f' * 6}-v{LATEST}" if isinstance(model.rollout, Shadow) else "-ffffff"
        if (beyond := len(own + beside) - LONGEST_NAME) > 0:
            what = f"in the environment {environment}, names of its versions are {beyond} characters too long"
            raise ContractMistake(f"pipelines/{name}/__init__.py", what, "Give the model a shorter name")


def _check_serverless(where: str, serving: Serverless) -> None:
    if serving.memory_mb not in MEMORIES:
        next_step = f"Take one of {', '.join(map(str, MEMORIES))} as `memory_mb`"
        raise ContractMistake(where, f"serving: {serving.memory_mb} MB", next_step)
    if not 1 <= serving.concurrency <= MOST_AT_ONCE:
        what = f"serving: {serving.concurrency} calls at once, where 1 to {MOST_AT_ONCE} are possible"
        raise ContractMistake(where, what, "Change `concurrency`")


def _check_share(where: str, rollout: Canary | Linear | Shadow, serving: Serving) -> None:
    least = LEAST_STEP if isinstance(rollout, Linear) else 1
    most = 100 if isinstance(rollout, Shadow) else MOST_PERCENT
    if not least <= rollout.percent <= most:
        what = f"rollout: {rollout.percent} percent, where {least} to {most} are possible"
        raise ContractMistake(where, what, "Change `percent`")
    if isinstance(rollout, Shadow) or isinstance(serving, Serverless):
        return
    if rollout.percent * serving.instances < 100:
        what = f"{rollout.percent} percent of {serving.instances} instances is less than one of them"
        raise ContractMistake(where, what, "Declare more instances, a larger share, or AllAtOnce()")
