"""What is inferred from a file accepts that file, whatever stands in it; or says which rows are not taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from infra.cli import drops
from tests.tidegate.contract.infer import generated
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.infer.accept import Inferred, declared_in, infer
from tidegate.contract.source import BytesSource, FaultFound, PathSource
from tidegate.errors import BadRequest

CORPORA = Path(__file__).resolve().parents[3] / "corpora"
SPECTRUM = sorted((CORPORA / "csv-spectrum" / "csvs").glob("*.csv"))
MANY = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def holds(made: generated.Made) -> None:
    """Every row is accepted, or a comment says how many are not; the written text is what was judged."""
    try:
        found = infer(BytesSource(made.body, made.name), "sample")
    except (BadRequest, FaultFound):
        return  # no table: said in words
    judged = check_in_memory(made.body, declared_in(found.text, "sample"), name=made.name)
    if found.accepts:
        assert (judged.fault, judged.bad.height) == (None, 0)
        assert judged.good.height == found.verdict.total_rows
        return
    assert told(found)
    assert {reason for (_, reason), _ in found.verdict.tally.counts().items()} <= UNAVOIDABLE


# what no contract can take: records that are no rows, mixed types
UNAVOIDABLE = {
    "field_count",
    "quotes",
    "blank_line",
    "repeated_header",
    "type",
    "rounded",
    "nul_byte",
}


def told(found: Inferred) -> bool:
    return (
        any("are not accepted" in comment for comment in found.draft.comments)
        or found.verdict.fault is not None
    )


@MANY
@given(generated.csv_files())
def test_of_any_csv_file(made: generated.Made) -> None:
    holds(made)


@MANY
@given(generated.json_files())
def test_of_any_json_file(made: generated.Made) -> None:
    holds(made)


@MANY
@given(generated.parquet_files())
def test_of_any_parquet_file(made: generated.Made) -> None:
    holds(made)


@MANY
@given(generated.workbooks())
def test_of_any_workbook(made: generated.Made) -> None:
    holds(made)


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_of_each_file_of_the_spectrum(path: Path) -> None:
    assert infer(PathSource(path), "sample").accepts


@pytest.mark.parametrize("table", ["airlines", "airports", "planes", "weather"])
def test_of_each_table_of_the_flights(table: str) -> None:
    found = infer(PathSource(drops.folder() / f"{table}.csv"), table)
    assert found.accepts
    assert found.draft.key == {"airports": ("faa",), "planes": ("tailnum",), "airlines": ("carrier",)}.get(
        table, ("origin", "time_hour")
    )
