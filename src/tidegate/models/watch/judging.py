"""From captured rows to what a report says: drift of features and scores, and quality by labels."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Mistake
from tidegate.models.watch.judge import Finding, Floors, Judgement, Rows, judge
from tidegate.models.watch.labels import LABEL, labelled
from tidegate.models.watch.quality import Quality, quality
from tidegate.models.watch.reference import SCORE, as_moments, numbers
from tidegate.models.watch.seasons import Times

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from tidegate.models.declare import Model
    from tidegate.models.watch.captured import Captured
    from tidegate.models.watch.labels import Athena
    from tidegate.models.watch.versions import Version
    from tidegate.plan import TableSpec


def judged(model: Model, known: Version, captured: Captured, came: Quality) -> dict[str, Any]:
    """What a report says of rows that a version answered, and of the quality that came of its answers."""
    now = rows_of(model, captured)
    told = judge(known.before, now, Floors(psi=model.watch.least_psi, share=model.watch.least_share))
    found = found_in(told, came)
    return {
        "found": found,
        "said": in_words(told, came),
        "own_month": told.own_month,
        "days": len(np.unique(now.times.days)),
        "worst_psi": worst(told.tests),
        "score_psi": worst([test for test in told.tests if test.feature == SCORE]),
        "tests": [asdict(test) for test in told.tests],
        "quality": asdict(came),
    }


def rows_of(model: Model, captured: Captured) -> Rows:
    """Captured rows as the tests take them; a row whose time is no time of the calendar is left out."""
    moments = moments_of(model, captured)
    kept = moments.is_not_null()
    features, scores = captured.features.filter(kept), captured.answers.filter(kept)["score"]
    columns = {name: numbers(features[name]) for name in features.columns}
    return Rows(Times.of(moments.filter(kept), model.watch.zone), {**columns, SCORE: numbers(scores)})


def moments_of(model: Model, captured: Captured) -> pl.Series:
    """When each row is about: as the model says, by its time column, or when it was asked."""
    if model.watch.moment is not None:
        return as_moments(model.watch.moment(captured.rows))
    if model.time_column in captured.rows.columns:
        return as_moments(captured.rows[model.time_column])
    return captured.answers["at"]


def quality_of(
    model: Model, table: TableSpec, athena: Athena, expected: float, answered: Captured
) -> Quality:
    """How good these answers turned out to be; `expected` is the AUC that training came to."""
    try:
        found = labelled(model, table, answered.rows, athena)
    except Mistake as error:
        return Quality(rows=0, days=0, note=error.what)
    at = found["_asked"]
    days = moments_of(model, answered)[at].dt.epoch("d").fill_null(0)
    return quality(
        numbers(found[LABEL]),
        numbers(answered.answers["score"][at]),
        days.to_numpy().astype(np.int64),
        model.watch,
        expected,
    )


def found_in(told: Judgement, came: Quality) -> list[str]:
    """What was found, in the words of `DriftFound`: drift, prediction shift, quality."""
    features = any(test.feature != SCORE for test in told.drifted)
    scores = any(test.feature == SCORE for test in told.drifted)
    marks = {"drift": features, "prediction shift": scores, "quality": bool(came.found)}
    return [name for name, there in marks.items() if there]


def in_words(told: Judgement, came: Quality) -> str:
    """A report in one sentence."""
    features = list(dict.fromkeys(test.feature for test in told.drifted if test.feature != SCORE))
    parts = []
    if features:
        parts.append(f"{', '.join(features)} drifted")
    if any(test.feature == SCORE for test in told.drifted):
        parts.append("the scores shifted")
    if came.found:
        parts.append(f"{' and '.join(came.found)} became worse")
    return "; ".join(parts) or "nothing drifted"


def worst(tests: Sequence[Finding]) -> float:
    """The largest PSI among shapes."""
    return max(
        (test.value for test in tests if test.test not in ("missing", "outside", "middle")), default=0.0
    )
