"""Find what no event told of: objects without a ledger item, work that stopped, files that wait too long.

The landing bucket's own listing is the truth. It is walked a page at a time; a walk that runs out of time
leaves its place in the ledger, and the next one goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.lake.entry import State, iso, typed
from tidegate.lake.follow import what_follows
from tidegate.lake.versions import landed_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tidegate.facts import Fact
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.ledger import Ledger

_PLACE = {"object_id": typed("place#reconcile")}
PATIENCE = 15 * 60.0  # seconds that an object may stand still before it is spoken of again


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a walk came to."""

    seen: int
    lost: int  # no event of them ever arrived
    stuck: int  # work on them stopped, or they wait too long
    finished: bool  # whether the walk reached the end


@dataclass(frozen=True, kw_only=True)
class Reconciler:
    """Everything that reconciling needs from the outside."""

    s3: Any
    landing_bucket: str
    ledger: Ledger
    say: Callable[[Iterable[Fact]], None]
    time_left: Callable[[], float]  # seconds
    patience: float = PATIENCE
    page: int = 500  # objects listed and compared at once

    def walk(self) -> Found:
        """Compare the landing bucket with the ledger, and say again what moves the forgotten on."""
        place, seen, lost, stuck = self._place(), 0, 0, 0
        while True:
            listing = self.s3.list_object_versions(Bucket=self.landing_bucket, MaxKeys=self.page, **place)
            listed = [landed_version(self.landing_bucket, version) for version in listing.get("Versions", ())]
            missed, still = self._compare(listed)
            seen, lost, stuck = seen + len(listed), lost + missed, stuck + still
            place = _next(listing)
            self._keep_place(place)
            if not place or self.time_left() <= 0:
                return Found(seen=seen, lost=lost, stuck=stuck, finished=not place)

    def _compare(self, listed: list[LandedObject]) -> tuple[int, int]:
        known = {entry.object_id: entry for entry in self.ledger.entries(one.object_id for one in listed)}
        lost = [one.fact() for one in listed if one.object_id not in known and self._is_old(one)]
        stuck = [
            fact
            for one in listed
            if one.object_id in known and self._is_stuck(known[one.object_id])
            for fact in what_follows(known[one.object_id]) or (one.fact(),)
        ]
        self.say([*lost, *stuck])
        return len(lost), len(stuck)

    def _is_old(self, landed: LandedObject) -> bool:
        """An object that landed this moment has its event on the way."""
        return landed.landed_at < iso(self.ledger.now() - int(self.patience * 1000))

    def _is_stuck(self, entry: Entry) -> bool:
        if entry.state.is_terminal:
            return False
        if entry.state is State.CLAIMED or entry.lease_until > 1:
            return entry.lease_until < self.ledger.now()
        return entry.updated_at < iso(self.ledger.now() - int(self.patience * 1000))

    def _place(self) -> dict[str, str]:
        item = self.ledger.client.get_item(TableName=self.ledger.table, Key=_PLACE).get("Item", {})
        return {name: item[name]["S"] for name in ("KeyMarker", "VersionIdMarker") if name in item}

    def _keep_place(self, place: Mapping[str, str]) -> None:
        markers = {name: typed(value) for name, value in place.items()}
        self.ledger.client.put_item(TableName=self.ledger.table, Item={**_PLACE, **markers})


def _next(page: Mapping[str, Any]) -> dict[str, str]:
    if not page.get("IsTruncated"):
        return {}
    markers = {"KeyMarker": page.get("NextKeyMarker"), "VersionIdMarker": page.get("NextVersionIdMarker")}
    return {name: str(marker) for name, marker in markers.items() if marker}
