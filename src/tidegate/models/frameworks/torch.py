"""PyTorch's modules as ONNX, by its own exporter: `forward` takes the features and gives the chances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.errors import Refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

OPSET = 18  # the oldest that PyTorch's exporter writes


def from_torch(fitted: Any, width: int) -> bytes:
    """The graph of a module, with the two outputs that every classifier has here."""
    import torch

    class Both(torch.nn.Module):  # type: ignore[misc]
        """The label and both chances, of a module that gives one chance a row."""

        def __init__(self) -> None:
            super().__init__()
            self.fitted = fitted

        def forward(self, features: Any) -> Any:
            chances = self.fitted(features).reshape(-1)
            return (chances > 0.5).long(), torch.stack([1 - chances, chances], dim=1)

    rows = {0: torch.export.Dim("rows")}
    return exported(
        Both(), (torch.zeros(2, width),), ["features"], ["label", "probabilities"], dynamic_shapes=(rows,)
    )


def exported(module: Any, example: tuple[Any, ...], takes: list[str], gives: list[str], **more: Any) -> bytes:
    """A module's graph, without the paths and stack traces that the exporter notes in it."""
    import torch

    program = torch.onnx.export(
        module.eval(),
        example,
        input_names=takes,
        output_names=gives,
        dynamo=True,
        opset_version=OPSET,
        verbose=False,
        **more,
    )
    graph = program.model_proto
    for part in (graph, graph.graph, *graph.graph.node, *graph.graph.value_info):
        del part.metadata_props[:]
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def of_torch(fitted: Any, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
    """The chances that the module itself gives.

    Raises:
        Refused: it gives something else than one chance a row.
    """
    import torch

    with torch.inference_mode():
        chances: NDArray[np.float64] = fitted.eval()(torch.from_numpy(matrix)).numpy().astype(np.float64)
    if chances.size != len(matrix) or chances.min() < 0 or chances.max() > 1:
        raise Refused(
            "what fit() returned",
            f"of {len(matrix)} rows its forward gives numbers of shape {chances.shape} between "
            f"{chances.min():.3g} and {chances.max():.3g}",
            "End forward with a sigmoid, one chance a row",
        )
    return chances.reshape(-1)
