"""Two exports of one network that differ in names and in the order of constants become the same bytes."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper

from tidegate.models.frameworks.keras import renamed
from tidegate.models.onnx_model import session_of


def graph(prefix: str, *, turned: bool) -> bytes:
    """Twice the features, plus one, as an exporter might name it."""
    two, one, doubled = (f"{prefix}{name}" for name in ("two", "one", "doubled"))
    constants = [numpy_helper.from_array(np.float32(2), two), numpy_helper.from_array(np.float32(1), one)]
    made = helper.make_graph(
        [
            helper.make_node("Mul", ["features", two], [doubled], name=f"{prefix}mul"),
            helper.make_node("Add", [doubled, one], [f"{prefix}out"]),
        ],
        "main",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, [f"{prefix}rows", 3])],
        [helper.make_tensor_value_info(f"{prefix}out", TensorProto.FLOAT, [f"{prefix}rows", 3])],
        constants[::-1] if turned else constants,
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    renamed(model.graph)
    checker.check_model(model, full_check=True)
    content: bytes = model.SerializeToString(deterministic=True)
    return content


def test_what_is_called_otherwise_is_the_same_model() -> None:
    assert graph("a/", turned=False) == graph("unk__28/", turned=True)


def test_it_still_says_the_same() -> None:
    session = session_of(graph("a/", turned=True))
    rows = np.array([[1, 2, 3]], dtype=np.float32)
    (said,) = session.run(None, {"features": rows})
    np.testing.assert_array_equal(said, rows * 2 + 1)
