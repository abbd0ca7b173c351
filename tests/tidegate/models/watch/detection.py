"""How often planted drift is found, and how often nothing is taken for drift, on the flights of 2013.

    python -m tests.tidegate.models.watch.detection 30

takes so many windows of each length at random, holds each against the rest of the year as it is and with each
drift planted, and prints the tables of docs/monitoring.md.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

import numpy as np
import polars as pl

from tests.pipelines import real
from tidegate import find
from tidegate.models.declare import Watch
from tidegate.models.snapshot import known_columns
from tidegate.models.watch.judge import Finding, Floors, Rows, holm, judge
from tidegate.models.watch.quality import quality
from tidegate.models.watch.reference import SCORE
from tidegate.models.watch.seasons import Times

MODEL = find.model("flight_delay")
ZONE = MODEL.watch.zone
REFERENCE, LEARNED = 20_000, 6_000  # rows
SPANS = (1, 2, 7, 28)  # days of a window
Values = np.ndarray
Plant = Callable[[Values, np.random.Generator], Values]


@cache
def year() -> pl.DataFrame:
    """Every flight's features, when it left, whether it was late, and the score of a small model."""
    rows = real.flights(12).sort("scheduled_departure")
    features = MODEL.features(rows.select(known_columns(MODEL, find.dataset("flights"))), real.lookups())
    named = MODEL.label(rows)
    late = np.full(rows.height, np.nan)
    late[named["row"].to_numpy()] = named["label"].cast(pl.Float64).to_numpy()
    told = features.with_columns(at=rows["scheduled_departure"], late=pl.Series(late))
    learned = told.filter(pl.col("late").is_not_nan()).gather_every(-(-named.height // LEARNED))
    fitted = MODEL.fit(learned.select(features.columns), learned["late"].cast(pl.Int8), 7)
    return told.with_columns(pl.Series(SCORE, fitted.predict_proba(features.to_numpy())[:, 1]))


def rows_of(frame: pl.DataFrame) -> Rows:
    """A part of the year as the tests take it."""
    names = [name for name in frame.columns if name not in ("at", "late")]
    columns = {name: frame[name].to_numpy().astype(float) for name in names}
    return Rows(Times.of(frame["at"], ZONE), columns)


@dataclass(frozen=True)
class Case:
    """A window of the year, and the rest of it, thinned."""

    window: pl.DataFrame
    before: Rows
    ordinary: tuple[Finding, ...]

    @classmethod
    def drawn(cls, span: int, random: np.random.Generator) -> Case:
        """A window of `span` days; one of two days is a weekend."""
        first = date(2013, 1, 1) + timedelta(days=int(random.integers(0, 365 - span)))
        first += timedelta(days=(5 - first.weekday()) % 7 if span == 2 and first < date(2013, 12, 20) else 0)
        day = pl.col("at").dt.convert_time_zone(ZONE).dt.date()
        inside = (day >= first) & (day < first + timedelta(days=span))
        rest = year().filter(~inside)
        before = rows_of(rest.gather_every(-(-rest.height // REFERENCE)))
        window = year().filter(inside)
        return cls(window, before, judge(before, rows_of(window), Floors()).tests)

    @property
    def alarms(self) -> list[str]:
        """What is taken for drift though nothing was planted."""
        return [f"{one.feature} {one.test}" for one in self.ordinary if one.drifted]

    def found(self, random: np.random.Generator) -> list[bool]:
        """Whether each planted drift is found in its feature, among the tests of all features."""
        names = [f"{number} {feature}" for number, (_, feature, _, _) in enumerate(PLANTED)]
        before, now = self.before.columns, rows_of(self.window)
        planted = judge(
            replace(
                self.before,
                columns={name: before[one[1]] for name, one in zip(names, PLANTED, strict=True)},
            ),
            replace(
                now,
                columns={
                    name: plant(now.columns[feature], random)
                    for name, (_, feature, _, plant) in zip(names, PLANTED, strict=True)
                },
            ),
            Floors(),
        )
        return [
            self._among_the_others([test for test in planted.tests if test.feature == name], feature)
            for name, (_, feature, _, _) in zip(names, PLANTED, strict=True)
        ]

    def _among_the_others(self, mine: list[Finding], feature: str) -> bool:
        others = [test for test in self.ordinary if test.feature != feature]
        fresh = [replace(test, drifted=False) for test in (*mine, *others)]
        return any(test.drifted for test in holm(fresh)[: len(mine)])


def shift(deviations: float) -> Plant:
    """The mean moves by so many standard deviations."""
    return lambda values, _: values + deviations * np.nanstd(values)


def widen(times: float) -> Plant:
    """The standard deviation grows so many times around the mean."""
    return lambda values, _: np.nanmean(values) + times * (values - np.nanmean(values))


def replaced(share: float, value: float) -> Plant:
    """So many values become another: nothing, a new kind, or one far outside."""
    return lambda values, random: np.where(random.random(len(values)) < share, value, values)


def more_certain(logits: float) -> Plant:
    """Scores rise, as when what the model is asked became riskier."""
    return lambda scores, _: 1 / (1 + (1 / np.clip(scores, 1e-6, 1 - 1e-6) - 1) * np.exp(-logits))


NEW = 99.0  # no carrier's code
PLANTED: tuple[tuple[str, str, str, Plant], ...] = (
    *(("mean shift", "distance", f"{size} sd", shift(size)) for size in (0.1, 0.25, 0.5, 1.0)),
    *(("mean shift", "temperature", f"{size} sd", shift(size)) for size in (1.0, 2.0, 4.0)),
    *(("variance", "distance", f"{size} times", widen(size)) for size in (1.25, 1.5, 2.0)),
    *(("new category", "carrier", f"{size:.1%}", replaced(size, NEW)) for size in (0.005, 0.02, 0.05)),
    *(
        ("missing", "aircraft_age", f"+ {size:.0%}", replaced(size, float("nan")))
        for size in (0.05, 0.1, 0.2)
    ),
    *(("missing", "temperature", f"+ {size:.0%}", replaced(size, float("nan"))) for size in (0.1, 0.2, 0.5)),
    *(("outside the range", "distance", f"{size:.1%}", replaced(size, 9e4)) for size in (0.01, 0.02, 0.1)),
    *(("prediction shift", SCORE, f"+ {size} logits", more_certain(size)) for size in (0.5, 1.0, 2.0)),
)
FLIPPED = (0.0, 0.05, 0.1, 0.2, 0.4)


def false_alarms(windows: int, seed: int) -> dict[int, tuple[int, Counter[str]]]:
    """For each length, how many of so many ordinary windows alarmed, and what did."""
    random = np.random.default_rng(seed)
    found = {}
    for span in SPANS:
        alarms = [Case.drawn(span, random).alarms for _ in range(windows)]
        found[span] = (sum(map(bool, alarms)), Counter(name for each in alarms for name in each))
    return found


def detected(windows: int, seed: int) -> Counter[tuple[str, str, str]]:
    """In how many of so many weeks each planted drift was found."""
    random = np.random.default_rng(seed)
    found: Counter[tuple[str, str, str]] = Counter()
    for _ in range(windows):
        case = Case.drawn(7, random)
        for (kind, feature, size, _), there in zip(PLANTED, case.found(random), strict=True):
            found[kind, feature, size] += there
    return found


def unseen() -> dict[int, list[str]]:
    """What is found in each later month of the year when training saw January to June alone."""
    month = pl.col("at").dt.convert_time_zone(ZONE).dt.month()
    seen = year().filter(month <= 6)
    before = rows_of(seen.gather_every(-(-seen.height // REFERENCE)))
    return {
        number: [
            f"{one.feature} {one.test}"
            for one in judge(before, rows_of(year().filter(month == number)), Floors()).drifted
        ]
        for number in range(7, 13)
    }


def flipped(windows: int, seed: int) -> Counter[float]:
    """In how many of so many times four weeks a loss of quality was found, so many labels being turned."""
    random = np.random.default_rng(seed)
    found: Counter[float] = Counter()
    known = year().filter(pl.col("late").is_not_nan())
    expected = quality(*_answers(known.gather_every(17)), Watch(), 0.0).auc or 0.0
    for _ in range(windows):
        first = date(2013, 1, 1) + timedelta(days=int(random.integers(0, 337)))
        day = pl.col("at").dt.convert_time_zone(ZONE).dt.date()
        part = known.filter((day >= first) & (day < first + timedelta(days=28))).gather_every(4)
        labels, scores, days = _answers(part)
        for share in FLIPPED:
            turned = np.where(random.random(len(labels)) < share, 1 - labels, labels)
            found[share] += bool(quality(turned, scores, days, Watch(), expected).found)
    return found


def _answers(frame: pl.DataFrame) -> tuple[Values, Values, Values]:
    days = frame["at"].dt.epoch("d").to_numpy().astype(np.int64)
    return frame["late"].to_numpy(), frame[SCORE].to_numpy(), days


def main(windows: int, seed: int) -> None:
    """Print the tables."""
    print("| ordinary windows of | alarmed | by |\n|---|---|---|")
    for span, (alarmed, names) in false_alarms(windows, seed).items():
        said = ", ".join(f"{name} {count}" for name, count in names.most_common(4))
        length = "a weekend" if span == 2 else f"{span} days"
        print(f"| {length} | {alarmed} of {windows} | {said} |", flush=True)
    print("\n| planted in a week | feature | size | found |\n|---|---|---|---|")
    found = detected(windows, seed + 1)
    for kind, feature, size, _ in PLANTED:
        print(f"| {kind} | {feature} | {size} | {found[kind, feature, size]} of {windows} |", flush=True)
    print("\n| month, after a training on January to June | found |\n|---|---|")
    for number, names in unseen().items():
        print(f"| {date(2013, number, 1):%B} | {', '.join(names) or 'nothing'} |", flush=True)
    print("\n| labels turned in four weeks | loss found |\n|---|---|")
    for share, count in sorted(flipped(windows, seed + 2).items()):
        print(f"| {share:.0%} | {count} of {windows} |")


if __name__ == "__main__":
    main(int(sys.argv[1]), 7)
