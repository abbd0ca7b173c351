"""What files of a dataset are held against beyond themselves, made for each file; nothing where it asks for
nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tidegate.contract.overwrite import Overwrite
from tidegate.contract.personal import Disguise
from tidegate.errors import CommitConflict
from tidegate.lake.beyond import Beyond, Keys
from tidegate.lake.keyindex import KeyIndex
from tidegate.lake.keyorigins import Origins
from tidegate.lake.referring import Lookup
from tidegate.lake.versions import place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.contract.personal import OnArrival
    from tidegate.contract.prepared import Prepared
    from tidegate.contract.referring import Reference
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.workplace import Workplace

AS_IT_IS = Disguise({}, b"")
_JUDGED = 5  # times that a file is judged before it gives way to others
_T = TypeVar("_T")


def again_while_others_come_first(judge: Callable[[], _T]) -> _T:
    """Judge a file; again where another one brought keys of it meanwhile.

    Raises:
        CommitConflict: others came first again and again.
    """
    for _ in range(_JUDGED - 1):
        try:
            return judge()
        except CommitConflict:
            continue
    return judge()


@dataclass(frozen=True)
class Holding:
    """The key indexes of one environment, as one process sees them."""

    at: Workplace
    _indexes: dict[str, KeyIndex] = field(default_factory=dict)

    def on_arrival(
        self, landed: LandedObject, dataset: Prepared, disguise: Callable[[Mapping[str, OnArrival]], Disguise]
    ) -> Beyond | None:
        """What the rows of a landed file are held against; keys, unless a step makes the table's rows."""
        lookups = tuple(self._lookup(reference, disguise) for reference in dataset.references)
        keys = None if dataset.needs_transform else self._keys(landed, dataset)
        if not lookups and keys is None:
            return None
        return Beyond(lookups, keys, disguise(dataset.on_arrival))

    def after_step(self, landed: LandedObject, dataset: Prepared) -> Beyond | None:
        """What the rows that a step made are held against."""
        keys = self._keys(landed, dataset)
        return None if keys is None else Beyond((), keys, AS_IT_IS)

    def _keys(self, landed: LandedObject, dataset: Prepared) -> Keys | None:
        if not dataset.keeps_keys:
            return None
        own = {landed.object_id}
        if dataset.overwrite is Overwrite.REPLACE:
            stands = place(self.at.s3, landed.bucket, landed.key, landed.object_id)
            own.update(stands.older, stands.newer)
        index, origins = self._index(dataset.name), self._origins(dataset)
        return Keys(index, origins, frozenset(own), dataset.unique_across_files)

    def _lookup(
        self, reference: Reference, disguise: Callable[[Mapping[str, OnArrival]], Disguise]
    ) -> Lookup:
        other = self.at.datasets[reference.to]
        key = {name: how for name, how in other.on_arrival.items() if name in other.key}
        return Lookup(reference, self._index(other.name), self._origins(other), disguise(key))

    def _index(self, name: str) -> KeyIndex:
        if name not in self._indexes:
            self._indexes[name] = KeyIndex(self.at.s3, self.at.lake_bucket, name)
        return self._indexes[name]

    def _origins(self, dataset: Prepared) -> Origins:
        return Origins(self.at.s3, self.at.lake_bucket, self.at.ledger, dataset)
