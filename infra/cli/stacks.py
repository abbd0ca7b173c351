"""Which of an environment's stacks are there: all, none, or what a deployment or a removal left half-way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from infra.cli.place import Place

NOUNS = ("lake", "ingest", "training", "serving", "watch")
GOING = ("DELETE", "ROLLBACK", "CREATE_FAILED", "REVIEW")  # how the states begin in which one is no stack


def of(place: Place) -> dict[str, str]:
    """The state of each stack, by what it is for; nothing for one that does not exist."""
    return {noun: _state(place, noun) for noun in NOUNS}


def in_part(place: Place, states: dict[str, str]) -> str:
    """What is there and what is not, and what to do about it; nothing where all are there, or none is."""
    whole = [noun for noun, state in states.items() if state and not state.startswith(GOING)]
    if len(whole) == len(states) or not any(states.values()):
        return ""
    broken = [f"{noun} is {state}" for noun, state in states.items() if state and noun not in whole]
    gone = [noun for noun, state in states.items() if not state]
    parts = {"there": ", ".join(whole), "not": ", ".join(gone), "neither": ", ".join(broken)}
    told = "; ".join(f"{how}: {which}" for how, which in parts.items() if which)
    return (
        f"{place.environment} is deployed in part. Of its stacks are {told}. "
        f"To have it whole: {place.how}. To be rid of it: tidegate destroy --environment {place.environment}"
    )


def _state(place: Place, noun: str) -> str:
    from botocore.exceptions import ClientError

    name = resource_name(place.environment, noun)
    try:
        found = place.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # CloudFormation's way to say: not found
            raise
        return ""
    states = [str(one["StackStatus"]) for one in found if one["StackStatus"] != "DELETE_COMPLETE"]
    return states[0] if states else ""
