"""Let a candidate in: its archive is looked through before anything in it is used, and refused if in doubt.

Two files may be in it, an ONNX graph and its card, and both are data. What else is there, a link, a pickle,
an operator that ONNX itself does not define, makes it no candidate; so does a fault of the look itself.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tidegate.errors import Refused
from tidegate.models.onnx_model import CARD_FILE, LARGEST_CARD, LARGEST_ONNX, ONNX_FILE, OnnxModel, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

ARCHIVE = "model.tar.gz"
LARGEST = {ONNX_FILE: LARGEST_ONNX, CARD_FILE: LARGEST_CARD}
DOMAINS = ("", "ai.onnx", "ai.onnx.ml")  # operators that the ONNX standard defines


@dataclass(frozen=True)
class Fault:
    """Why something is no candidate, and the gate's rule that says so."""

    rule: str
    said: str


def admit(folder: Path, into: Path, features: Sequence[str] | None) -> OnnxModel | Fault:
    """The candidate in `folder`, for features of these names where any are made; or what is wrong with it."""
    try:
        graph = unpack(folder, into) / ONNX_FILE
        if graph.exists():
            refuse_code(graph.read_bytes())
        model = load(into)
    except Refused as refusal:
        return Fault("content", f"{refusal.what}")
    except Exception as error:  # noqa: BLE001 - whatever the look stumbles over, it has not said yes
        return Fault("content", f"it cannot be looked through: {type(error).__name__}: {error}")
    if features is not None and sorted(model.features) != sorted(features):
        gone = [name for name in model.features if name not in features]
        new = [name for name in features if name not in model.features]
        return Fault("schema", f"it takes {_named(gone)} that nobody makes, and leaves out {_named(new)}")
    return model


def unpack(folder: Path, into: Path) -> Path:
    """Unpack `model.tar.gz`, which may hold two files and nothing else.

    Raises:
        Refused: the archive is broken, holds anything else, or a file in it is too large.
    """
    archive = folder / ARCHIVE
    into.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = member.name.removeprefix("./")
                if member.isdir() and name in ("", "."):
                    continue
                _refuse_odd(archive, name, member)
                content = tar.extractfile(member)
                if content is not None:
                    (into / name).write_bytes(content.read(LARGEST[name]))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise Refused(str(archive), f"it cannot be unpacked: {error}", "Train the model again") from error
    return into


def refuse_code(content: bytes) -> None:
    """Look through an ONNX graph for what is more than the standard's arithmetic.

    Raises:
        Refused: it has operators of another domain, functions of its own, or data outside of the file.
    """
    import onnx

    model = onnx.load_from_string(content)
    foreign = sorted(
        {f"{node.domain}.{node.op_type}" for node in _nodes(model.graph) if node.domain not in DOMAINS}
    )
    outside = [one.name for one in _tensors(model.graph) if one.data_location == onnx.TensorProto.EXTERNAL]
    found = [*foreign, *(one.name for one in model.functions), *outside]
    if found:
        raise Refused(
            ONNX_FILE,
            f"its graph holds what the ONNX standard does not define, or what lies elsewhere: {found[:5]}",
            "Export it with standard operators, in one file",
        )


def _refuse_odd(archive: Path, name: str, member: tarfile.TarInfo) -> None:
    if name not in LARGEST or not member.isfile():
        kind = "" if member.isfile() else ", which is no plain file"
        raise Refused(
            str(archive), f"it holds {name[:100]!r}{kind}", f"Only {' and '.join(LARGEST)} may be in it"
        )
    if member.size > LARGEST[name]:
        raise Refused(
            str(archive),
            f"{name} has {member.size} bytes; {LARGEST[name]} are allowed",
            "Train a smaller model",
        )


def _nodes(graph: Any) -> Iterator[Any]:
    """Every operator of a graph and of the graphs within its operators (If, Loop, Scan)."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from _nodes(inner)


def _tensors(graph: Any) -> Iterator[Any]:
    """Every constant of a graph, of its operators and of the graphs within them."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            sparse = (attribute.sparse_tensor, *attribute.sparse_tensors)
            yield from (attribute.t, *attribute.tensors)
            yield from (part for one in sparse for part in (one.values, one.indices))
            for inner in (attribute.g, *attribute.graphs):
                yield from _tensors(inner)


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "") or "nothing"
