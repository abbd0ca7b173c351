"""Slices are judged so that a good model is hardly ever refused by chance, and a bad one is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.models.slices import Answers, slices

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 12_000


def answers(seed: int, *, noise: float = 0.3) -> tuple[pl.DataFrame, Answers]:
    """Two equally good models, each wrong in its own way, on twenty slices and thirty uneven days."""
    generator = np.random.default_rng(seed)
    day = generator.integers(0, 30, ROWS)
    logit = generator.normal(size=ROWS) + generator.normal(size=30)[day] * 0.5
    labels = (generator.random(ROWS) < 1 / (1 + np.exp(-logit))).astype(float)
    one, other = (1 / (1 + np.exp(-logit - noise * generator.normal(size=ROWS))) for _ in range(2))
    rows = pl.DataFrame({"part": generator.integers(0, 20, ROWS).astype(str)})
    return rows, Answers(labels, one, other, day.astype(np.int64))


def test_of_two_equally_good_models_a_slice_is_surely_worse_in_one_evaluation_of_twenty_at_most(
    figure: Callable[[int], int],
) -> None:
    tries, alarms = figure(100), 0
    for seed in range(tries):
        rows, said = answers(seed)
        found = slices(("part",), rows, said, 300, seed)
        assert len(found) == 20
        alarms += any(one.over_champion and one.over_champion.high < 0 for one in found)
    assert alarms <= max(2, tries * 0.08)


def test_one_slice_that_is_dealt_out_by_chance_is_found() -> None:
    rows, said = answers(1)
    bad = (rows["part"] == "7").to_numpy()
    chances = said.chances.copy()
    chances[bad] = np.random.default_rng(1).permutation(chances[bad])
    found = slices(("part",), rows, Answers(said.labels, chances, said.theirs, said.blocks), 300, 1)
    worse = {one.value for one in found if one.over_champion and one.over_champion.high < -0.03}
    assert worse == {"7"}


def test_small_parts_and_those_of_one_label_are_shown_and_not_judged() -> None:
    said = answers(1)[1]
    part = np.where(np.arange(ROWS) < 40, "few", np.where(np.arange(ROWS) < 1000, "never late", "rest"))
    labels = np.where(part == "never late", 0.0, said.labels)
    again = Answers(labels, said.chances, None, said.blocks)
    found = slices(("part",), pl.DataFrame({"part": part}), again, 300, 1)
    judged = {one.value: one.auc is not None for one in found}
    assert judged == {"rest": True, "never late": False, "few": False}
    assert sum(one.rows for one in found) == ROWS


def test_rows_without_a_value_belong_to_no_part() -> None:
    rows, said = answers(1)
    holes = rows.with_columns(part=pl.when(pl.col("part") == "0").then(None).otherwise("part"))
    assert "0" not in {one.value for one in slices(("part",), holes, said, 300, 1)}
