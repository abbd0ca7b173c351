"""A segment finds every file that brought a hash, merged or not; hashes stay what they are."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.lake import keysegment
from tidegate.lake.gathered import Gathered
from tidegate.lake.keyhash import hashes
from tidegate.lake.keysegment import Segment, fetched, made, merged
from tidegate.lake.numbers import RowSet

HASHES = st.lists(st.integers(0, 40) | st.integers(0, (1 << 64) - 1), max_size=30)


def segment(values: list[int], file: str) -> Segment:
    made_of = made([np.sort(np.array(values, dtype=np.uint64))], file)
    return reread(made_of)


def reread(written: Segment) -> Segment:
    written.body.seek(0)
    body = io.BytesIO(written.body.read())
    written.close()
    return fetched(body, len(written.hashes))


def found(one: Segment, needles: list[int]) -> set[tuple[int, str]]:
    at, files = one.find(np.array(needles, dtype=np.uint64))
    return {
        (needles[index], one.files[file]) for index, file in zip(at.tolist(), files.tolist(), strict=True)
    }


@given(st.lists(HASHES, min_size=1, max_size=4), HASHES)
@settings(deadline=None, max_examples=60)
def test_segments_find_the_same_alone_and_merged(files: list[list[int]], needles: list[int]) -> None:
    brought = {(value, f"f{number}") for number, values in enumerate(files) for value in values}
    wanted = {(value, file) for value, file in brought if value in needles}
    several = [segment(values, f"f{number}") for number, values in enumerate(files)]

    assert set().union(*(found(one, needles) for one in several)) == wanted
    whole = reread(merged(several))
    assert found(whole, needles) == wanted
    assert len(whole.hashes) == sum(map(len, files))
    assert (np.diff(whole.hashes.astype(object)) >= 0).all()


def test_many_keys_are_merged_stretch_by_stretch() -> None:
    chance = np.random.default_rng(1)
    several = [
        made([np.sort(chance.integers(0, 1 << 64, 1_500_000, dtype=np.uint64))], str(number))
        for number in range(3)
    ]
    assert 2 * keysegment._AT_ONCE < 3 * 1_500_000

    whole = merged(several)

    assert (whole.hashes[1:] >= whole.hashes[:-1]).all()
    for number, one in enumerate(several):
        at, files = whole.find(np.array(one.hashes[::1000]))
        assert sorted(at.tolist()) == list(range(len(at)))
        assert set(files.tolist()) == {number}
        one.close()
    whole.close()


@given(st.lists(st.integers(0, (1 << 64) - 1), max_size=50), st.sets(st.integers(1, 50)))
@settings(deadline=None, max_examples=60)
def test_what_is_gathered_comes_back_in_order_without_what_is_gone(values: list[int], gone: set[int]) -> None:
    gathered, out = Gathered(), RowSet()
    for at in range(0, len(values), 7):
        some = np.array(values[at : at + 7], dtype=np.uint64)
        gathered.add(some, np.arange(at + 1, at + 1 + len(some), dtype=np.int64))
    out.add(np.array(sorted(gone), dtype=np.int64))

    ordered = [value for part in gathered.ordered(out) for value in part.tolist()]
    gathered.close()

    assert ordered == sorted(value for row, value in enumerate(values, 1) if row not in gone)


def test_equal_keys_have_equal_hashes_however_they_come() -> None:
    texts = ["", "a", "ä", "x" * 7, "x" * 8, "x" * 9, "a\0", "\0"]
    whole = hashes(pl.DataFrame({"key": texts}))

    assert [hashes(pl.DataFrame({"key": [text]})).item() for text in texts] == whole.tolist()
    assert len(set(whole.tolist())) == len(texts)
    zeros = hashes(pl.DataFrame({"key": [0.0, -0.0]}))
    assert zeros[0] == zeros[1]
    assert hashes(pl.DataFrame({"a": ["x"], "b": ["y"]})) != hashes(pl.DataFrame({"a": ["y"], "b": ["x"]}))


def test_a_hash_is_kept_and_must_never_be_another() -> None:
    """Indexes that lie beside tables hold these: whoever changes them must make every index anew."""
    keys = pl.DataFrame(
        {
            "text": ["ticket-000000001", ""],
            "number": [7, -7],
            "day": [dt.date(2013, 1, 1), dt.date(1969, 1, 1)],
            "at": pl.Series(
                [dt.datetime(2013, 1, 1, 5, tzinfo=dt.UTC), dt.datetime(1900, 1, 1, tzinfo=dt.UTC)],
                dtype=pl.Datetime("us", "UTC"),
            ),
            "share": [0.5, -1e300],
            "price": pl.Series([Decimal("1.50"), Decimal("-2.00")], dtype=pl.Decimal(10, 2)),
            "is": [True, False],
        }
    )
    assert hashes(keys).tolist() == [3632059457835608722, 6276934461657845681]
