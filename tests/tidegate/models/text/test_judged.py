"""A model of text is registered when it beats pairs of bytes, and is no worse than what is in service."""

from __future__ import annotations

import json
from typing import Any

import polars as pl
import pytest

from tests.tidegate.models.test_gating import RUN
from tests.tidegate.models.text.step_graph import WORDS, card, pairs, text_model
from tidegate.errors import ContractMistake
from tidegate.models.card import page
from tidegate.models.declare import Watch
from tidegate.models.gating import reasons_against
from tidegate.models.onnx_model import OnnxModel
from tidegate.models.text.evaluate import evaluate_text
from tidegate.models.text.gating import package_request
from tidegate.models.text.learning import ADDED
from tidegate.models.train import Material

HELD_OUT = Material(
    rows=pl.DataFrame({"name": ["aba", "babab", "abcab"]}), lookups={}, known=("name",), sources={}
)


def model(added: float, **more: Any) -> OnnxModel:
    return OnnxModel(card(**more), pairs(WORDS, added).onnx.session, 1000)


def judged(challenger: OnnxModel, champion: OnnxModel | None = None, **more: Any) -> dict[str, Any]:
    report = evaluate_text(text_model(**more), HELD_OUT, challenger, champion)
    return dict(json.loads(json.dumps(report)))


def test_a_model_that_knows_no_more_than_pairs_is_refused_by_the_rule_of_that_name() -> None:
    (reason,) = reasons_against(judged(model(ADDED)))
    assert reason.startswith("bigram: perplexity")


def test_a_model_that_beats_them_is_registered_with_its_figures() -> None:
    report = judged(model(0.001))
    assert report["challenger"]["perplexity"] < 0.9 * report["bigram"]["perplexity"]
    assert reasons_against(report) == []
    request = package_request("laptop", RUN, report)
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    told = request["CustomerMetadataProperties"]
    assert float(told["perplexity"]) == pytest.approx(report["challenger"]["perplexity"], abs=1e-6)
    assert "It writes" in page(report)


def test_a_watch_that_would_have_no_effect_is_refused_where_it_is_declared() -> None:
    with pytest.raises(ContractMistake, match="watch=… is declared of a model of text"):
        text_model(watch=Watch(least_rows=5))


def test_who_learned_from_a_personal_column_has_no_text_shown() -> None:
    report = evaluate_text(text_model(), HELD_OUT, model(0.001), None, shown=0)
    assert report["written"] == []
    assert page(report).endswith("It learned from a personal column: what it writes is not shown.\n")


def test_a_model_that_is_worse_than_the_champion_is_refused() -> None:
    champion = model(0.001, run="words-0")
    reasons = reasons_against(judged(model(50.0), champion, bigram_share=99.0))
    assert len(reasons) == 1
    assert reasons[0].startswith("champion: -")
    assert "words-0" in reasons[0]
    assert reasons_against(judged(model(0.001), champion)) == []


def test_a_graph_that_is_too_large_or_differs_is_refused() -> None:
    off = {"rows": 1, "greatest_difference": 0.5, "allowed": 1e-4}
    broken = judged(OnnxModel(card(parity=off), pairs(WORDS, 0.001).onnx.session, 10**9))
    assert [reason.partition(":")[0] for reason in reasons_against(broken)] == ["parity", "size"]


def test_what_is_no_candidate_says_so() -> None:
    report = {"kind": "text", "model": "words", "run": "words-1", "rows": 0}
    report |= {"unfit": {"rule": "content", "said": "it holds a pickle"}}
    assert reasons_against(report) == ["content: it holds a pickle"]
    assert "a pickle" in page(report)
