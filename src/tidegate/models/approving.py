"""Whether a version needs nobody's approval: the rule that its model declares, on the gate's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.models.executions import runs
from tidegate.models.registry import trained_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.in_service import InService
    from tidegate.models.ways import ByRule

GAIN = "gain_low"  # the pessimistic end of the AUC's difference to the champion, as the gate writes it
NO_CHAMPION = "no model is in service"  # what the gate writes of a champion where there is none


def approved_by(approval: ByRule, told: Mapping[str, str], version: int) -> str:
    """Why the version may go into service by itself, or nothing: a person must say so.

    A version that could not be compared with the champion there is, is no first one; nor is a later one whose
    champion was switched off, or taken out of service by a person.
    """
    if GAIN in told:
        gain = float(told[GAIN])
        better = gain > approval.least_gain
        return f"by rule: AUC is at least {gain:+.4f} over the champion's" if better else ""
    first = version == 1 and told.get("champion") == NO_CHAMPION
    return "by rule: it is the first, and the gate let it pass" if first and approval.first_too else ""


def changed_since(told: Mapping[str, str], record: InService, sagemaker: Any, states: Any) -> str:
    """Why the gate's comparison is not with what serves now, or nothing."""
    # a deployment that failed or was stopped leaves its version in the record
    if record.going_in and record.held_by and runs(states, record.held_by):
        return f"version {record.going_in} is on its way in, and the gate did not compare with it"
    if record.off:
        return "its endpoint was switched off, and a roll-out would bring it back"
    serves = trained_by(sagemaker, record.served[-1].package_arn) if record.served else NO_CHAMPION
    compared = told.get("champion", "")
    if compared == serves:
        return ""
    now = f"version {record.version} ({serves}) serves" if record.served else serves
    with_what = "nothing" if compared in ("", NO_CHAMPION) else compared
    return f"the gate compared it with {with_what}, and now {now}"
