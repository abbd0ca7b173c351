"""The course of a roll-out at our front: which share a version on its way in has, look by look."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tidegate.models.rollout import LOOK_SECONDS, TERMINATION_SECONDS, prepare
from tidegate.models.ways import AllAtOnce, Canary, Linear

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.models.rollout import Site, Version
    from tidegate.models.ways import Rollout
    from tidegate.plan import ModelPlan


@dataclass(frozen=True, kw_only=True)
class Step:
    """What holds for so many looks of the deployment machine, each of them fifteen seconds after the last."""

    share: int  # percent of the requests that the new version answers
    copies: int = 0  # percent that it gets copies of, and nobody its answers
    looks: int = 1


STRAIGHT = (Step(share=100),)  # a first version, and a way back: nothing else is to be spared


def course(rollout: Rollout) -> tuple[Step, ...]:
    """The steps that a model declares; what has all requests is watched for a minute, as on instances."""
    whole = Step(share=100, looks=_looks(TERMINATION_SECONDS))
    looks = _looks(rollout.seconds)
    if isinstance(rollout, AllAtOnce):
        return (Step(share=100, looks=looks),)
    if isinstance(rollout, Canary):
        return (Step(share=rollout.percent, looks=looks), whole)
    if isinstance(rollout, Linear):
        shares = range(rollout.percent, 100, rollout.percent)
        return (*(Step(share=share, looks=looks) for share in shares), whole)
    return (Step(share=0, copies=rollout.percent, looks=looks), whole)


def step_at(told: Sequence[dict[str, int]], looked: int) -> tuple[Step | None, bool]:
    """The step in which the look after so many is, none after the last; and whether it is the step's last."""
    for one in told:
        step = Step(**one)
        if looked < step.looks:
            return step, looked + 1 == step.looks
        looked -= step.looks
    return None, True


def prepare_shift(
    model: ModelPlan,
    version: Version,
    site: Site,
    steps: Sequence[Step],
    *,
    since: str = "",
    way: str = "front",
) -> dict[str, Any]:
    """Everything that the deployment machine needs to bring a version in behind our front."""
    prepared = prepare(model, version, site, way=way, since=since)
    own = {"own_endpoint": prepared["model_name"], "course": [asdict(step) for step in steps]}
    return {**prepared, **own, "deployment_config": {}}


def _looks(seconds: int) -> int:
    return max(1, -(-seconds // LOOK_SECONDS))
