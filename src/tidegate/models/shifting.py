"""One look at a roll-out behind our front: it goes on by its course, or its share goes back at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tidegate.errors import the_exception
from tidegate.models.front import UNAVAILABLE, invoke, passing
from tidegate.models.in_service import TakenBack
from tidegate.models.registry import find_endpoint
from tidegate.models.rollout import ALARMS
from tidegate.models.shares import step_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from tidegate.models.in_service import InService, Records

WATCHED = timedelta(minutes=5)  # without a look, of which there are four a minute; then the share lapses
ON_ITS_WAY = ("Creating", "Updating", "SystemUpdating")
DESCRIBE = b'{"describe": true}'


@dataclass(frozen=True, kw_only=True)
class Shifting:
    """What a look asks, and the moment of it. Looking again with the same figures changes nothing."""

    sagemaker: Any
    runtime: Any
    cloudwatch: Any
    records: Records
    now: datetime

    def look(self, prepared: Mapping[str, Any]) -> dict[str, Any]:
        """What the deployment machine is to do: `waits`, `goes on` or `over`, and why if it went back."""
        record = self.records.read(prepared["model"])
        if not _ours(record, prepared):
            return _over(prepared, "another deployment took over: nobody had looked after this one")
        if against := self._against(record, prepared):
            return self._back(prepared, against)
        wrong = self._wrong(prepared)
        if wrong is None:
            self._move(prepared, record.share, record.copies)
            return {"state": "waits", "looked": prepared["looked"], "compares": False}
        if wrong:
            return self._back(prepared, wrong)
        return self._go_on(prepared, compares=bool(record.version and not prepared["leaves"]))

    def _go_on(self, prepared: Mapping[str, Any], *, compares: bool) -> dict[str, Any]:
        looked = int(prepared["looked"])
        step, last = step_at(prepared["course"], looked)
        if step is None:
            self._move(prepared, 100, 0)
            return _over(prepared, "")
        self._move(prepared, step.share, step.copies)
        return {
            "state": "goes on",
            "looked": looked + 1,
            "copies": step.copies,
            "last": bool(step.copies and last),
            "compares": compares and step.share < 100,
        }

    def _against(self, record: InService, prepared: Mapping[str, Any]) -> str:
        """What speaks against the version on its way in; nothing does against a way back."""
        if said := prepared.get("failed", ""):
            return str(said)
        own = bool(record.served) and record.served[-1].endpoint == prepared["own_endpoint"]
        if prepared["leaves"] or not record.version or own:  # it is made anew: nothing else could answer
            return ""
        if record.unwanted:
            return "its share went back"
        names = [f"{prepared['endpoint']}-{kind}" for kind in ALARMS]
        found = self.cloudwatch.describe_alarms(AlarmNames=names, StateValue="ALARM")["MetricAlarms"]
        ringing = ", ".join(alarm["AlarmName"] for alarm in found)
        return f"one or more alarms went off: {ringing}" if ringing else ""

    def _wrong(self, prepared: Mapping[str, Any]) -> str | None:
        """What is wrong with the version's endpoint, or nothing; None: it is not there yet."""
        endpoint = find_endpoint(self.sagemaker, prepared["own_endpoint"])
        status = endpoint.get("EndpointStatus", "gone")
        if status in ON_ITS_WAY:
            return None
        if status != "InService":
            reason = the_exception(endpoint.get("FailureReason", "")) or "no reason was given"
            return f"its endpoint is {status}: {reason}"
        return "" if prepared["looked"] else self._answers(prepared)

    def _answers(self, prepared: Mapping[str, Any]) -> str | None:
        """What is wrong with the version's own answer before anybody else gets one; it also warms it up.

        None: its endpoint is there, and no container of it is free yet.
        """
        try:
            told = json.loads(invoke(self.runtime, prepared["own_endpoint"], DESCRIBE))
        except UNAVAILABLE as error:
            return None if passing(error) else f"it does not answer: {error}"
        if (told.get("model"), told.get("version")) == (prepared["model"], prepared["version"]):
            return ""
        return f"version {told.get('version')} of {told.get('model')} answers at its endpoint"

    def _back(self, prepared: Mapping[str, Any], reason: str) -> dict[str, Any]:
        """All requests go back; a first version has nothing to go back to, and nobody verifies its end."""
        if self.records.read(prepared["model"]).version:
            self._move(prepared, 0, 0)
            return _over(prepared, reason)
        version, at = int(prepared["version"]), self.now.isoformat(timespec="seconds")
        taken = TakenBack(version=version, back_to=0, reason=reason, at=at)
        self.records.change(
            prepared["model"], lambda now: now.went_back(taken) if _ours(now, prepared) else now
        )
        return _over(prepared, reason)

    def _move(self, prepared: Mapping[str, Any], share: int, copies: int) -> None:
        until = (self.now + WATCHED).isoformat()

        def moved(record: InService) -> InService:
            if not _ours(record, prepared):
                return record
            return replace(record, share=share, copies=copies, watched_until=until)

        self.records.change(prepared["model"], moved)


def _ours(record: InService, prepared: Mapping[str, Any]) -> bool:
    """Whether the roll-out is still that of this execution."""
    return (record.going_in, record.held_by) == (int(prepared["version"]), prepared["execution"])


def _over(prepared: Mapping[str, Any], reason: str) -> dict[str, Any]:
    return {"state": "over", "looked": prepared.get("looked", 0), "compares": False, "reason": reason}
