"""Features that are columns of the request as they are: a row becomes what the model takes without a frame.

Encodings of them belong into `fit`, in a scikit-learn pipeline: they are then part of the ONNX graph, so that
training and serving cannot differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.declare import Frames

UNHEARD_OF = -1.0
_NOTHING = float("nan")


@dataclass(frozen=True)
class Category:
    """A column of a few texts, each of them its place in the list; any other text is -1."""

    column: str
    values: tuple[str, ...]

    @property
    def places(self) -> dict[str, float]:
        """What each text is."""
        return {value: float(place) for place, value in enumerate(self.values)}


class Columns:
    """A model's `features`: numbers and truths of these columns, and categories; nothing is NaN."""

    def __init__(self, *columns: str | Category) -> None:
        self.columns = columns

    def __call__(self, rows: pl.DataFrame, _lookups: Frames) -> pl.DataFrame:
        """One row of floats for each of `rows`.

        Raises:
            ContractMistake: a column is neither numbers nor truths, and no category.
        """
        return rows.select(self._of(one, rows.schema) for one in self.columns)

    @property
    def wanted(self) -> Mapping[str, Mapping[str, float] | None]:
        """Each column by name, and what its texts are where it is a category."""
        return {
            one if isinstance(one, str) else one.column: None if isinstance(one, str) else one.places
            for one in self.columns
        }

    def _of(self, one: str | Category, schema: pl.Schema) -> pl.Expr:
        if isinstance(one, Category):
            text = pl.col(one.column)
            place = text.replace_strict(one.places, default=UNHEARD_OF, return_dtype=pl.Float64)
            return pl.when(text.is_null()).then(_NOTHING).otherwise(place).cast(pl.Float32).alias(one.column)
        if not (schema[one].is_numeric() or schema[one] == pl.Boolean):
            raise ContractMistake(
                f"the feature {one}",
                f"a column of {schema[one]} is no number",
                f'Say what its texts are, Category("{one}", (…)), or make the feature in a function',
            )
        return pl.col(one).cast(pl.Float64).cast(pl.Float32).fill_null(_NOTHING)
