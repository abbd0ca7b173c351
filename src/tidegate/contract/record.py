"""Ask a pandera check for its polars expression; run the few that have none through pandera itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.errors import ContractMistake

if TYPE_CHECKING:
    from collections.abc import Callable


class CannotRecord(Exception):
    """The check is more than one `.select(expression)`."""


class _Recorder:
    """Stands in for the frame and keeps what is selected from it."""

    expression: pl.Expr | None = None

    def select(self, *selected: Any, **named: Any) -> _Recorder:
        if named or len(selected) != 1 or not isinstance(selected[0], pl.Expr) or self.expression is not None:
            raise CannotRecord
        self.expression = selected[0]
        return self

    def __getattr__(self, name: str) -> Any:
        raise CannotRecord(name)


def recorded(check: Any, column: str) -> pl.Expr:
    """The expression that a check selects.

    Raises:
        CannotRecord: it does something else.
    """
    if check.element_wise:
        raise CannotRecord
    from pandera.api.checks import Check
    from pandera.api.function_dispatch import Dispatcher
    from pandera.api.polars.types import PolarsData
    from pandera.backends.polars.register import register_polars_backends

    register_polars_backends()
    function = check._check_fn
    if isinstance(
        function, Dispatcher
    ):  # a built-in: the check may hold a copy made before polars was registered
        function = Check.CHECK_FUNCTION_REGISTRY[check.name]
    recorder = _Recorder()
    try:
        result = function(PolarsData(recorder, column or "*"), **_ordered(check._check_kwargs))  # type: ignore[arg-type]
    except Exception as error:
        raise CannotRecord from error  # run as a slow check, it fails again, and is named
    expression = recorder.expression
    if result is not recorder or expression is None or expression.meta.has_multiple_outputs():
        raise CannotRecord
    return expression


def _ordered(given: dict[str, Any]) -> dict[str, Any]:
    """A check's arguments, sets in an order that is the same in every process: what is recorded is kept."""
    return {
        name: sorted(value, key=repr) if isinstance(value, set | frozenset) else value
        for name, value in given.items()
    }


def run_by_pandera(
    check: Any, column: str, types: dict[str, pl.DataType], where: str
) -> Callable[[pl.DataFrame], pl.Series]:
    """A function that runs the check on typed rows: true for each row that keeps it.

    Raises:
        ContractMistake: it fails, or does not answer for each row; tried here on two rows without values.
    """
    from pandera.constants import CHECK_OUTPUT_KEY

    def run(rows: pl.DataFrame) -> pl.Series:
        try:
            output = check(rows.lazy(), column or None).check_output.collect()
        except Exception as error:
            raise ContractMistake(where, f"the check itself failed ({error})", "Mend the function") from error
        if output.height != rows.height:
            raise ContractMistake(
                where,
                "it judges the column as a whole, and no row is to blame",
                "Say it of each row, or leave it to monitoring",
            )
        keeps: pl.Series = output[CHECK_OUTPUT_KEY]
        return keeps

    run(pl.DataFrame({name: [None, None] for name in types}, schema=types))
    return run
