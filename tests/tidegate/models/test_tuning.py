"""A few ways of fitting are tried in time, always the same ones, and the best is what is trained."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from sklearn.linear_model import LogisticRegression

from tests.tidegate.models import candidates
from tests.tidegate.models.test_gating import RUN
from tidegate.errors import ContractMistake
from tidegate.models.declare import Model, Tune
from tidegate.models.train import learned_from, train
from tidegate.models.tuning import tune, ways

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl


def fit(
    features: pl.DataFrame, labels: pl.Series, _seed: int, strength: float = 1.0, blind: bool = False
) -> Any:
    matrix = features.to_numpy() * (0.0 if blind else 1.0)
    return LogisticRegression(C=strength).fit(matrix, labels.to_numpy().astype(int))


def tuned(**declared: Any) -> Model:
    return dataclasses.replace(candidates.MODEL, fit=fit, tune=Tune(**declared))


def test_the_default_is_tried_first_and_no_way_twice() -> None:
    space = {"strength": (1.0, 0.1, 0.01, 0.001), "blind": (False, True)}
    found = ways(Tune(space=space, tries=6), seed=1)
    assert found[0] == {"strength": 1.0, "blind": False}
    assert len({json.dumps(one) for one in found}) == 6
    assert found == ways(Tune(space=space, tries=6), seed=1)
    assert found != ways(Tune(space=space, tries=6), seed=2)


def test_a_space_smaller_than_the_tries_is_tried_whole() -> None:
    assert len(ways(Tune(space={"blind": (False, True)}), seed=1)) == 2
    assert ways(Tune(space={}), seed=1) == [{}]


def test_a_space_too_large_to_list_is_drawn_from() -> None:
    wide = {f"p{n}": tuple(range(10)) for n in range(12)}
    assert len(ways(Tune(space=wide, tries=5), seed=1)) == 5


def test_each_fold_learns_from_before_and_the_better_way_is_chosen() -> None:
    model = tuned(space={"blind": (True, False)}, folds=3)
    chosen, told = tune(model, learned_from(model, candidates.material(1)), 7)
    assert chosen == {"blind": False} == told["chosen"]
    assert [one["learned"] for one in told["folds"]] == [6000, 12000, 18000]
    assert [one["judged"] for one in told["folds"]] == [6000, 6000, 6000]
    assert len(told["tried"]) == 2
    assert told["tried"][0]["log_loss"] > told["tried"][1]["log_loss"]
    assert all(len(one["log_loss_by_fold"]) == 3 for one in told["tried"])


def test_the_card_tells_what_was_tried_and_the_model_is_the_one_that_was_chosen(tmp_path: Path) -> None:
    model = tuned(space={"strength": (1e-6, 1.0)}, folds=2)
    card = train(model, RUN, candidates.material(1), tmp_path / "tuned")
    assert card["tuning"]["chosen"] == {"strength": 1.0}
    plain = train(
        dataclasses.replace(candidates.MODEL, fit=fit), RUN, candidates.material(1), tmp_path / "plain"
    )
    assert card["sha256"] == plain["sha256"]
    assert plain["tuning"] == {}


def test_an_unbounded_search_cannot_be_declared() -> None:
    for declared in ({"tries": 51}, {"folds": 11}, {"tries": 0}, {"space": {"x": ()}}):
        with pytest.raises(ContractMistake, match="tries"):
            Tune(**{"space": {}, **declared})
