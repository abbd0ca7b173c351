"""A model of text learns from landed names, beats pairs of bytes, and writes while it is read."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tests.pipelines import real
from tests.pipelines.new_model import NewModel, ask
from tidegate.models.gating import reasons_against

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.frameworks


@pytest.fixture(scope="module")
def model(python_of: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> NewModel:
    """A model of the names of airports, trained."""
    into: Path = tmp_path_factory.mktemp("text")
    made = NewModel.written(into, "text", "--of", "airports", "--target", "name")
    text = pl.read_csv(real.DATA / "airports.csv", infer_schema=False)
    made.snapshot({"airports": real.published("airports", text).with_columns(_object_id=pl.lit("a" * 32))})
    made.train(python_of("text"), PYTHONHASHSEED="1")
    return made


@pytest.fixture(scope="module")
def url(model: NewModel) -> Iterator[str]:
    """The address of its endpoint."""
    with model.served() as address:
        yield address


def test_it_passes_the_gate_on_names_that_it_never_read(model: NewModel) -> None:
    report = model.evaluate()
    assert reasons_against(report) == []
    assert report["challenger"]["perplexity"] < 0.6 * report["bigram"]["perplexity"]
    assert report["rows"] > 250


def test_the_same_names_and_seed_give_the_same_bytes(
    model: NewModel, python_of: Callable[[str], str]
) -> None:
    before = json.loads((model.root / "train" / "model" / "model.json").read_text())["sha256"]
    assert model.train(python_of("text"), PYTHONHASHSEED="2")["sha256"] == before


def test_the_same_seed_writes_the_same_text_and_another_one_another(url: str) -> None:
    asked = {"prompt": "San ", "seed": 1, "temperature": 1}
    assert ask(url, asked)["text"] == ask(url, asked)["text"]
    assert ask(url, asked)["text"] != ask(url, {**asked, "seed": 2})["text"]


def test_the_text_comes_in_chunks_while_it_is_written(url: str) -> None:
    asked = {"prompt": "", "seed": 5, "temperature": 2, "longest": 64}
    whole = ask(url, asked)
    body = json.dumps({**asked, "stream": True}).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}/invocations", body), timeout=30) as answer:
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.headers["content-type"] == "application/jsonlines"
        *pieces, last = [json.loads(line) for line in answer]
    assert len(pieces) > 1
    assert "".join(piece["text"] for piece in pieces) == whole["text"]
    assert last == {"ended": whole["ended"], "bytes": whole["bytes"]}


@pytest.mark.parametrize(
    ("asked", "column"),
    [
        ({"prompt": "x" * 101}, "prompt"),
        ({"prompt": "", "longest": 401}, "longest"),
        ({"prompt": "", "temperature": 3}, "temperature"),
        ({"prompt": "", "top_k": 3}, "top_k"),
        ({}, "prompt"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_its_column(
    url: str, asked: dict[str, Any], column: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(url, asked)
    assert refused.value.code == 422
    told = json.loads(refused.value.read())["error"]
    assert [row["column"] for row in told["rows"]] == [column]


def test_it_describes_itself(url: str, model: NewModel) -> None:
    assert ask(url, {"describe": True})["model"] == model.name
