"""Lines that are made many at once are those that are made one by one."""

from __future__ import annotations

import numpy as np
import orjson
from hypothesis import given
from hypothesis import strategies as st

from tidegate.models.capture_lines import Kept, Pattern
from tidegate.models.captures import lines, read

AT = "2026-11-05T07:59:58.123Z"
NAMES = ['a "quoted" % name', "b", "ü"]
FLOATS = st.floats(width=32)
ROW = st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(0, 2**60) | st.text())
ANSWERS = st.lists(
    st.tuples(
        st.text('aB7-"\\%{', max_size=9),
        st.lists(
            st.tuples(ROW, st.lists(FLOATS, min_size=3, max_size=3), st.floats(0, 1)), min_size=1, max_size=3
        ),
    ),
    min_size=1,
    max_size=4,
)


@given(ANSWERS)
def test_many_answers_at_once_read_back_as_those_written_one_by_one(
    answers: list[tuple[str, list[tuple[dict[str, object], list[float], float]]]],
) -> None:
    kept, one_by_one = [], []
    for identity, told in answers:
        rows, features, scores = [list(part) for part in zip(*told, strict=True)]
        matrix = np.array(features, dtype=np.float32)
        kept.append(Kept(identity, AT, rows, matrix, scores))
        named = [dict(zip(NAMES, values, strict=True)) for values in matrix.tolist()]
        made = lines(identity=identity, moment=AT, version=7, rows=rows, features=named, scores=scores)
        one_by_one += [orjson.loads(line) for line in made]
    found = list(read(Pattern(7, NAMES).written(kept)))
    for line in (*found, *one_by_one):
        line["features"] = np.array([line["features"][name] for name in NAMES], dtype=np.float32).tobytes()
    assert found == one_by_one


def test_a_model_whose_features_are_all_personal_has_lines_without_any() -> None:
    kept = Kept("i", AT, [{"a": 1}], np.zeros((1, 0), dtype=np.float32), [0.5])
    (line,) = read(Pattern(7, ()).written([kept]))
    assert (line["features"], line["row"], line["score"]) == ({}, {"a": 1}, 0.5)
