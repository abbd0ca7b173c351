"""Columns whose name in the file is no name for a column."""

from __future__ import annotations

import pandera.polars as pa

from tidegate.contract.declare import Dataset, column
from tidegate.contract.in_memory import check_in_memory


class Sale(pa.DataFrameModel):
    number: int = column(header="id#")
    price: float = column(header="Unit Price (€), net")
    from_: str = column(header="from")
    nameless: int = column(header="")
    first: int = column(header="1st")
    first_2: int = column(header="1st")


SALES = Dataset(name="sales", description="Sales", row=Sale, key=("number",))


def test_a_column_is_found_under_the_name_that_files_give_it():
    body = 'id#,"Unit Price (€), net",from,,1st,1st\n1,0.5,here,7,8,9\n'.encode()
    verdict = check_in_memory(body, SALES)
    assert verdict.fault is None
    assert verdict.good.rows(named=True) == [
        {"number": 1, "price": 0.5, "from_": "here", "nameless": 7, "first": 8, "first_2": 9}
    ]


def test_a_file_that_spells_the_contracts_own_name_is_refused_with_the_name_that_was_awaited():
    verdict = check_in_memory(b"number,b,c,d,e,f\n1,2,3,4,5,6\n", SALES)
    assert verdict.fault is not None
    assert verdict.fault.code == "header_mismatch"


def test_tables_and_requests_call_a_column_by_its_own_name():
    assert SALES.headers()["price"] == "Unit Price (€), net"
    assert SALES.known_by(SALES.moments[0])[1] == "price"
