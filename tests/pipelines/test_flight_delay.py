"""The model learns from nothing that is not known two hours before departure, and it learns something."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from pipelines.flight_delay.features import AHEAD, STALE, departure, features, lookup_keys
from pipelines.flight_delay.fit import label
from tests.pipelines import real
from tidegate import find
from tidegate.models.scores import score
from tidegate.models.snapshot import known_columns, split
from tidegate.models.train import labelled

MODEL = find.model("flight_delay")
CONTRACT = find.dataset("flights")
KNOWN = known_columns(MODEL, CONTRACT)


@pytest.fixture(scope="module")
def some() -> pl.DataFrame:
    return real.flights().sample(2000, seed=1)


def test_features_see_only_columns_that_are_known_two_hours_before_departure(some: pl.DataFrame) -> None:
    order = CONTRACT.moments
    latest = order.index(MODEL.known_by)
    assert all(order.index(CONTRACT.known_after()[name]) <= latest for name in KNOWN)
    assert {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}.isdisjoint(KNOWN)
    assert features(some.select(KNOWN), real.lookups()).height == some.height


def test_what_becomes_known_later_changes_no_feature(some: pl.DataFrame) -> None:
    later = [name for name in some.columns if name not in KNOWN and name != "scheduled_departure"]
    changed = some.with_columns(pl.col(name).shuffle(seed=2) for name in later)
    assert_frame_equal(features(changed, real.lookups()), features(some, real.lookups()))


def test_weather_after_the_moment_changes_no_feature_and_weather_before_it_does(some: pl.DataFrame) -> None:
    row = some.filter(pl.col("origin") == "JFK")[:1]
    moment = row.select(departure() - AHEAD).item()
    seen = pl.col("observed_at") <= moment
    wild = pl.when(seen).then(pl.col("temp")).otherwise(pl.lit(999.0)).alias("temp")
    before = features(row, real.lookups())
    after = features(row, {**real.lookups(), "weather": real.weather().with_columns(wild)})
    assert_frame_equal(after, before)
    known = pl.when(seen).then(pl.lit(999.0)).otherwise(pl.col("temp")).alias("temp")
    other = features(row, {**real.lookups(), "weather": real.weather().with_columns(known)})
    assert other["temperature"].item() == 999


def test_no_flight_sees_weather_of_after_its_moment(some: pl.DataFrame) -> None:
    # The temperature is replaced by the time of observation, so that the feature tells what was seen.
    start = pl.lit(real.weather()["observed_at"].min())
    clock = (pl.col("observed_at") - start).dt.total_minutes().cast(pl.Float64)
    timed = real.weather().with_columns(temp=clock)
    seen = features(some, {**real.lookups(), "weather": timed})["temperature"]
    moment = some.select((departure() - AHEAD - start).dt.total_minutes())["time_hour"]
    age = (moment - seen.cast(pl.Float64)).drop_nans()
    assert age.len() > 1900
    assert age.min() >= 0  # type: ignore[operator]
    assert age.max() <= STALE / timedelta(minutes=1)  # type: ignore[operator]


def test_the_order_of_rows_and_of_lookups_does_not_matter(some: pl.DataFrame) -> None:
    turned = {name: frame.reverse() for name, frame in real.lookups().items()}
    assert_frame_equal(features(some.reverse(), turned).reverse(), features(some, real.lookups()))


def test_a_flight_of_which_nothing_is_found_has_features_all_the_same(some: pl.DataFrame) -> None:
    nothing = {name: frame.clear() for name, frame in real.lookups().items()}
    lonely = features(some, nothing)
    assert lonely.columns == features(some, real.lookups()).columns
    assert lonely["temperature"].is_nan().all()
    assert lonely["seats"].is_nan().all()
    assert not lonely["minute_of_day"].is_nan().any()


def test_the_moment_is_that_of_the_published_table() -> None:
    table = real.flights()
    assert table.select((departure() == pl.col("scheduled_departure")).all()).item()
    keys = lookup_keys(table.select(KNOWN))
    assert (keys["weather"]["at"] == table["scheduled_departure"] - AHEAD).all()


def test_cancelled_and_diverted_flights_have_no_label() -> None:
    table = real.flights()
    named = label(table)
    assert named.height == table["arr_delay"].count() < table.height
    assert named["label"].null_count() == 0


def test_the_model_beats_one_feature_on_later_flights() -> None:
    before, after = split(MODEL, real.flights())
    learnt, late = labelled(MODEL, before, tuple(KNOWN), real.lookups())
    judged, truth = labelled(MODEL, after, tuple(KNOWN), real.lookups())
    chances = MODEL.fit(learnt, late, 7).predict_proba(judged.to_numpy())[:, 1]
    labels = truth.to_numpy().astype(float)
    alone = judged[MODEL.baseline_feature].to_numpy().astype(np.float64)
    assert score(labels, chances).auc > max(MODEL.least_auc, score(labels, alone).auc + 0.03)


def test_training_ends_a_day_before_what_it_is_judged_on_begins() -> None:
    before, after = split(MODEL, real.flights())
    gap = after.select(pl.col("scheduled_departure").min() - before["scheduled_departure"].max()).item()
    assert gap >= MODEL.embargo
    assert after.height == pytest.approx(real.flights().height * MODEL.test_share, rel=0.05)
