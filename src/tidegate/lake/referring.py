"""Whether the rows that a file refers to are published, by the key index of the dataset that has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.contract.severity import REFERENCE, joined
from tidegate.contract.verdict import REASON
from tidegate.lake.keybuild import present
from tidegate.lake.keyhash import as_keys, hashes
from tidegate.lake.keyorigins import Standing

if TYPE_CHECKING:
    import numpy.typing as npt

    from tidegate.contract.personal import Disguise
    from tidegate.contract.referring import Reference
    from tidegate.lake.keyhash import Hashes
    from tidegate.lake.keyindex import KeyIndex
    from tidegate.lake.keyorigins import Origins
    from tidegate.lake.keysegment import Segment


@dataclass
class Lookup:
    """One reference of the dataset of one file."""

    reference: Reference
    index: KeyIndex  # of the dataset that it leads to
    origins: Origins
    disguise: Disguise  # of that dataset, whose keys lie in it as they are published

    def judged(self, rows: pl.DataFrame, why: pl.Series) -> pl.Series:
        """Each row's reasons, with one more where the row that it names is not published."""
        mine, theirs = self.reference.columns, self.origins.dataset.key
        named = rows.select(pl.col(m).alias(t) for m, t in zip(mine, theirs, strict=True))
        whole = named.select(pl.all_horizontal(pl.all().is_not_null()).alias("whole"))["whole"].to_numpy()
        distinct = named.filter(pl.Series(whole)).unique(maintain_order=True)
        if not distinct.height:
            return why
        keys = as_keys(self.origins.dataset.table, theirs, self.disguise.names(distinct))
        missing = distinct.filter(pl.Series(~self._published(hashes(keys))))
        if not missing.height:
            return why
        bad = named.join(missing.with_columns(bad=True), on=list(theirs), how="left", maintain_order="left")
        return _with(why, bad["bad"].fill_null(False), self._reason())

    def _published(self, needles: Hashes) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(needles), dtype=np.bool_)
        for segment in self._segments:
            at, files = segment.find(needles)
            if len(at):
                brought = np.unique(files)
                stands = self.origins.standings(segment.files[number] for number in brought.tolist())
                there = [stands[segment.files[number]] is Standing.THERE for number in brought.tolist()]
                found[at[np.isin(files, brought[np.array(there)])]] = True
        return found

    @cached_property
    def _segments(self) -> list[Segment]:
        return self.index.segments(present(self.index, self.origins))

    def _reason(self) -> dict[str, str]:
        names, other = joined(self.reference.columns), self.reference.to
        said = f"no row of {other} that is published has this {joined(self.origins.dataset.key)}"
        return {"column": names, "check": REFERENCE, "said": said}


def _with(why: pl.Series, bad: pl.Series, reason: dict[str, str]) -> pl.Series:
    one = pl.lit(pl.Series([[reason]], dtype=pl.List(REASON)))
    told = pl.DataFrame({"why": why, "bad": bad})
    more = pl.when("bad").then(pl.col("why").list.concat(one)).otherwise("why")
    return told.select(more.alias("why"))["why"]
