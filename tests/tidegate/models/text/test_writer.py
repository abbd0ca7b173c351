"""What texts cost, what is held out, and what is written: the same for the same seed."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from tests.tidegate.models.text.step_graph import WORDS, pairs, text_model
from tidegate.errors import Refused
from tidegate.models.text.learning import (
    ADDED,
    END,
    bigram_losses,
    learn_bigram,
    perplexity,
    split_texts,
    texts_of,
)

UNSEEN = ("ba", "", "aé", "abc" * 40)


def test_a_graph_of_pairs_costs_what_pairs_cost() -> None:
    writer, texts = pairs(WORDS, ADDED), [*UNSEEN, *WORDS]
    np.testing.assert_allclose(writer.losses(texts), bigram_losses(learn_bigram(WORDS), texts), rtol=1e-5)


def test_a_perplexity_is_that_of_a_die_with_as_many_sides() -> None:
    texts = ["abc", "d"]
    even = np.array([4 * np.log(256), 2 * np.log(256)])  # each text's end is guessed as well
    assert perplexity(even, texts) == pytest.approx(256)


def test_the_same_seed_writes_the_same_and_another_one_does_not() -> None:
    writer = pairs(WORDS, ADDED)

    def written(seed: int) -> bytes:
        return bytes(writer.write(b"a", temperature=1.5, seed=seed, longest=50))

    assert written(3) == written(3)
    assert len({written(seed) for seed in range(8)}) > 1


def test_at_temperature_zero_the_likeliest_byte_is_written_and_no_text_is_longer_than_asked() -> None:
    writer = pairs(("ababab" * 9,), 0.001)
    assert bytes(writer.write(b"", temperature=0, seed=1, longest=7)) == b"abababa"


def test_a_text_ends_where_the_model_ends_it() -> None:
    writer = pairs(("ab", "ab"), 1e-6)
    assert bytes(writer.write(b"a", temperature=0.5, seed=1, longest=50)) == b"b"


def test_each_choice_comes_with_the_chance_that_the_model_gives_it_whatever_the_temperature() -> None:
    writer = pairs(WORDS, 1e-6)
    chosen = list(writer.choices(b"", temperature=1.9, seed=2, longest=50))
    assert chosen[-1][0] == END
    text = bytes(one for one, _ in chosen[:-1]).decode()
    assert -sum(log for _, log in chosen) == pytest.approx(writer.losses([text])[0], rel=1e-5)


def test_a_text_is_on_the_same_side_of_the_split_whatever_stands_around_it() -> None:
    model = text_model(test_share=0.3)
    rows = pl.DataFrame({"name": [f"airport {number}" for number in range(200)]})
    before, after = split_texts(model, rows)
    assert 30 < after.height < 90
    again = split_texts(model, rows.reverse()[:150])[1]
    assert set(again["name"]) <= set(after["name"])
    assert set(before["name"]).isdisjoint(after["name"])
    with pytest.raises(Refused, match="to learn from"):
        split_texts(model, rows[:1])


def test_texts_are_different_ones_in_an_order_of_their_own() -> None:
    rows = pl.DataFrame({"name": ["b", "a", None, "b", "", "c\0d"]})
    assert texts_of(text_model(), rows) == ["a", "b", "cd"]
