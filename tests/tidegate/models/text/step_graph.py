"""A model of text small enough to be written down: it only ever knows the last byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tidegate.models.onnx_model import OnnxModel, session_of
from tidegate.models.text.declare import TextModel
from tidegate.models.text.learning import BYTES, learn_bigram
from tidegate.models.text.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Sequence

WORDS = ("abab", "abc", "ab", "bab")


def text_model(**more: Any) -> TextModel:
    """A declaration whose fit is never called."""
    told = {
        "name": "words",
        "description": "Words.",
        "request": "airports",
        "known_by": "arrival of the file",
        "column": "name",
    }
    told |= {"least_new_rows": 1, "schedule": "rate(1 day)", "instance_type": "ml.m5.large"}
    return TextModel(**{**told, "fit": lambda texts, seed: None, **more})


def pairs(texts: Sequence[str], added: float) -> Writer:
    """A writer whose scores are how often bytes followed each other in these texts."""
    counts = np.full((BYTES, BYTES), added, dtype=np.float32)
    for one, two, count in learn_bigram(texts):
        counts[one, two] += count
    return Writer(OnnxModel(card(), session_of(graph(np.log(counts)))))


def card(**more: Any) -> dict[str, Any]:
    """What a training writes beside such a graph."""
    told = {"model": "words", "run": "words-1", "sha256": "0" * 64, "features": ["byte", "state_0"]}
    told |= {"seed": "7", "rows": len(WORDS), "environment": {}, "bigram": learn_bigram(WORDS)}
    told |= {"parity": {"rows": 1, "greatest_difference": 0.0, "allowed": 1e-4}, "tables": {"airports": "1"}}
    return {**told, "contracts": {"airports": "c"}, "code": "c0de", "sources": {}, **more}


def graph(scores: np.ndarray) -> bytes:
    """A step that looks the last byte up in a table, and keeps its state."""
    nodes = [
        helper.make_node("Gather", ["steps", "first"], ["byte"], axis=1),
        helper.make_node("Cast", ["byte"], ["whole"], to=TensorProto.INT64),
        helper.make_node("Gather", ["table", "whole"], ["scores"], axis=0),
        helper.make_node("Slice", ["steps", "from", "to", "axis"], ["states"]),
    ]
    constants = {"first": np.array(0), "from": np.array([1]), "to": np.array([2]), "axis": np.array([1])}
    made = helper.make_graph(
        nodes,
        "words",
        [helper.make_tensor_value_info("steps", TensorProto.FLOAT, ["rows", 2])],
        [
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["rows", BYTES]),
            helper.make_tensor_value_info("states", TensorProto.FLOAT, ["rows", 1]),
        ],
        [
            numpy_helper.from_array(scores.astype(np.float32), "table"),
            *(numpy_helper.from_array(value, name) for name, value in constants.items()),
        ],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    content: bytes = model.SerializeToString()
    return content
