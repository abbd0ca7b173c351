"""The models' own container, whose training learns from labels that were dealt out anew: a worse model."""

import sys
from typing import Any

import polars as pl

from tidegate import find
from tidegate.models import container

_found = find.model


def with_dealt_labels(name: str) -> Any:
    """The model of that name, whose `fit` gets the labels of other rows."""
    from dataclasses import replace

    model = _found(name)

    def fit(features: pl.DataFrame, labels: pl.Series, seed: int) -> Any:
        return model.fit(features, labels.shuffle(seed), seed)

    return replace(model, fit=fit)


if sys.argv[1:] == ["train"]:
    find.model = with_dealt_labels
sys.exit(container.main(sys.argv[1:]))
