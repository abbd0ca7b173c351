"""Cells as a CSV reader of another make reads them."""

from __future__ import annotations

import csv
import io

import pandera.polars as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.contract.compile import plan_of
from tidegate.contract.declare import Csv, Dataset, column
from tidegate.contract.reading.arrange import Arrangement
from tidegate.contract.reading.texts import read_text


class Two(pa.DataFrameModel):
    left: str = column()
    right: str = column()


PLAN = plan_of(Dataset(name="two", description="", row=Two, key=("left",)))
_cell = st.text(alphabet='aN"A,\n\r é\ufeff', max_size=4) | st.sampled_from(["", "NA"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(_cell, _cell), min_size=1, max_size=30),
    st.sampled_from([(), ("",), ("NA",), ("", "NA")]),
    st.booleans(),
)
def test_cells_are_read_as_written_and_null_spellings_are_nothing(rows, nulls, quoted):
    if not quoted:  # the writer leaves a carriage return bare, and the strict reader would refuse it
        rows = [tuple(cell.replace("\r", "") for cell in row) for row in rows]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL).writerows(
        rows
    )
    read = read_text(out.getvalue().encode(), PLAN, Csv(null_values=nulls), Arrangement(PLAN.columns))
    assert read.rows() == [tuple(None if cell in nulls else cell for cell in row) for row in rows]


def test_a_large_text_with_line_ends_in_quotes_is_not_split_inside_them():
    row = ("a\nb" * 20, "c,\n" * 10)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([row] * 30_000)
    read = read_text(out.getvalue().encode(), PLAN, Csv(), Arrangement(PLAN.columns))
    assert read.height == 30_000
    assert read.unique().rows() == [row]
