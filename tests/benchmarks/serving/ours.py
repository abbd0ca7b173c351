"""Our endpoint with one thing less, to see what it costs: `python -m tests.benchmarks.serving.ours check`."""

from __future__ import annotations

import sys
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from tidegate import settings
from tidegate.models.measuring import Measuring
from tidegate.models.onnx_model import load
from tidegate.models.places import Places
from tidegate.models.recording import Recording
from tidegate.models.serve import Endpoint, serve
from tidegate.models.serving import parts
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tidegate.models.answer import Answerer


class Silent(Measuring):
    """Counts nothing."""

    def answered(self, scores: Sequence[float]) -> None:
        """Nothing."""


def main(less: list[str]) -> None:
    """Serve as the container does, less what is named: check, captures, metrics."""
    told = settings.container()
    known = settings.from_environment()
    made = parts(load(Places(told.base).model, known[Setting.MODEL_SHA256]), known)
    answerer, measuring = made.answerer, made.measuring
    if "check" in less:
        answerer = unchecked(answerer)
    if "metrics" in less:
        measuring = Silent({}, made.capturing.tallied)
    recording = Recording(
        made.capturing,
        measuring,
        version=answerer.version,
        features=answerer.onnx.features,
        personal=frozenset(),
        sampled=0.0 if "captures" in less else 1.0,
    )
    serve(Endpoint(answerer, recording), told.host, told.port)


def unchecked(answerer: Answerer) -> Answerer:
    """Takes each row as it comes, with no more than its texts made numbers."""
    features: Any = answerer.model.features
    wanted: Mapping[str, Mapping[str, float] | None] = features.wanted
    get: Callable[[Any], tuple[Any, ...]] = itemgetter(*wanted)
    places = [(place, texts) for place, texts in enumerate(wanted.values()) if texts]

    def straight(row: dict[str, Any]) -> tuple[Any, ...]:
        values = list(get(row))
        for place, texts in places:
            values[place] = texts.get(values[place], -1.0)
        return tuple(values)

    return replace(answerer, straight=straight)


if __name__ == "__main__":
    main(sys.argv[1:])
