"""The year 2013 as it comes: weather as it is observed, flights as they are asked about and turn out."""

from __future__ import annotations

import csv
import io
import random
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.cli import drops
from infra.cli.demo import request_row
from infra.cli.drops import Drop

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MONTHS = range(1, 13)


@dataclass(frozen=True)
class Year:
    """All that New York's airports knew of 2013, month by month."""

    data: Path

    @cached_property
    def _flights(self) -> dict[int, bytes]:
        return dict(drops.by_month(drops.all_flights(self.data), MONTHS))

    @cached_property
    def _weather(self) -> dict[int, bytes]:
        return dict(drops.by_month((self.data / "weather.csv").read_bytes(), MONTHS))

    def standing(self) -> list[Drop]:
        """What does not change with the months."""
        return [self._whole("airlines"), self._whole("airports")]

    def aircraft(self) -> list[Drop]:
        """The last of what the model reads: that it is published starts the training."""
        return [self._whole("planes")]

    def weather(self, months: Iterable[int]) -> list[Drop]:
        """The weather of these months, a file each."""
        return [Drop(f"weather/2013-{month:02}.csv", self._weather[month]) for month in months]

    def flights(self, months: Iterable[int]) -> list[Drop]:
        """The flights of these months with what became of them, a file each: the labels."""
        return [Drop(f"flights/2013-{month:02}.csv", self._flights[month]) for month in months]

    def asked(self, month: int, known: tuple[str, ...], rows: int) -> list[dict[str, Any]]:
        """So many flights of a month, spread over it, as an app asks about them two hours before."""
        read = list(csv.DictReader(io.StringIO(self._flights[month].decode())))
        chosen = random.Random(month).sample(read, rows)
        return [request_row(row, known) for row in chosen]

    def _whole(self, name: str) -> Drop:
        return Drop(f"{name}/{name}.csv", (self.data / f"{name}.csv").read_bytes())
