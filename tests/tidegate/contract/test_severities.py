"""A broken rule warns, quarantines its row or refuses the file, as the contract says."""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from tidegate.contract.declare import BadShare, Dataset, RowCount, Severity, column
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.source import Limits
from tidegate.contract.verdict import REASONS, ROW, report
from tidegate.contract.version import contract_version
from tidegate.errors import ContractMistake

WARN, REFUSE = Severity.WARN, Severity.REFUSE_FILE


class Order(pa.DataFrameModel):
    id: int = column(ge=1)
    code: str = column(nullable=True, unique=True)
    price: float = column(nullable=True, le=100)
    owner: str = column(nullable=True, personal=True, str_length={"max_value": 5})

    @pa.dataframe_check
    @classmethod
    def cheap_enough(cls, data: Any) -> Any:
        """a price is below fifty times the id"""
        return data.lazyframe.select(pl.col("price") < pl.col("id") * 50)

    @pa.check("code", element_wise=True)
    @classmethod
    def no_x(cls, value: str) -> bool:
        return "x" not in value


def orders(**more: Any) -> Dataset:
    return Dataset(**{"name": "orders", "description": "Orders", "row": Order, "key": ("id",), **more})


def checked(dataset: Dataset, *rows: str, **more: Any) -> Any:
    body = "id,code,price,owner\n" + "".join(f"{row}\n" for row in rows)
    return check_in_memory(body.encode(), dataset, **more)


def test_a_row_that_only_warns_is_published_counted_and_told():
    dataset = orders(severities={"price:less_than_or_equal_to": WARN, "cheap_enough": WARN})
    got = checked(dataset, "1,a,101,ann", "2,b,10,bo", "9,c,200,cy")
    assert got.good["id"].to_list() == [1, 2, 9]
    assert got.bad.height == 0
    warnings = got.verdict.warnings
    assert warnings.counts() == {("price", "less_than_or_equal_to"): 2, ("", "cheap_enough"): 1}
    shown = warnings.examples["price", "less_than_or_equal_to"]
    assert [(one.row, one.line) for one in shown] == [(1, 2), (3, 4)]
    assert shown[0].said == "'101' breaks less_than_or_equal_to(100)"
    told = report(got.verdict, dataset.personal(), source="s3://b/k")
    assert [(one["column"], one["check"], one["rows"]) for one in told["warnings"]] == [
        ("price", "less_than_or_equal_to", 2),
        ("", "cheap_enough", 1),
    ]
    assert told["rules"] == []


def test_pandera_s_own_raise_warning_warns():
    class Lenient(pa.DataFrameModel):
        id: int = column(ge=1, raise_warning=True)

    got = check_in_memory(
        b"id\n0\n-1\n5\n", Dataset(name="lenient", description="", row=Lenient, key=("id",))
    )
    assert got.good["id"].to_list() == [0, -1, 5]
    assert got.verdict.warnings.counts() == {("id", "greater_than_or_equal_to"): 2}


def test_what_the_dataset_says_goes_before_raise_warning():
    class Lenient(pa.DataFrameModel):
        id: int = column(ge=1, raise_warning=True)

    strict = Dataset(
        name="lenient",
        description="",
        row=Lenient,
        key=("id",),
        severities={"id:greater_than_or_equal_to": Severity.QUARANTINE},
    )
    assert check_in_memory(b"id\n0\n5\n", strict).good["id"].to_list() == [5]


def test_a_slow_check_can_warn():
    got = checked(orders(severities={"code:no_x": WARN}), "1,ax,,", "2,b,,", "3,cx,,")
    assert got.good["id"].to_list() == [1, 2, 3]
    assert got.verdict.warnings.counts() == {("code", "no_x"): 2}


def test_a_quarantined_row_is_not_blamed_for_what_only_warns():
    got = checked(orders(severities={"price:less_than_or_equal_to": WARN}), "0,a,101,", "2,b,1,")
    assert [one["check"] for one in got.bad[REASONS][0]] == ["greater_than_or_equal_to", "cheap_enough"]
    assert got.verdict.warnings.counts() == {("price", "less_than_or_equal_to"): 1}


def test_personal_values_are_masked_in_warnings():
    got = checked(orders(severities={"owner:str_length": WARN}), "1,a,1,canary-secret")
    (shown,) = got.verdict.warnings.examples["owner", "str_length"]
    assert "canary" not in shown.said


def test_at_most_five_examples_are_kept_over_all_batches():
    rows = [f"{n},c{n},101,o" for n in range(1, 4001)]
    dataset = orders(severities={"price:less_than_or_equal_to": WARN, "cheap_enough": WARN})
    got = checked(dataset, *rows, limits=Limits(piece_bytes=4096))
    assert got.good.height == 4000
    assert got.verdict.warnings.counts()["price", "less_than_or_equal_to"] == 4000
    assert len(got.verdict.warnings.examples["price", "less_than_or_equal_to"]) == 5


@pytest.mark.parametrize("piece", [4096, 1 << 20])
def test_copies_of_a_column_can_warn_within_a_batch_and_across_batches(piece):
    rows = [f"{n},c{n % 1500},1,o" for n in range(1, 2001)]
    got = checked(orders(severities={"code:unique": WARN}), *rows, limits=Limits(piece_bytes=piece))
    assert got.good.height == 2000
    assert got.verdict.warnings.counts() == {("code", "unique"): 1000}


def test_one_row_that_breaks_a_refusing_rule_refuses_the_file():
    dataset = orders(severities={"cheap_enough": REFUSE})
    got = checked(dataset, "1,a,99,", *(f"{n},c{n},1," for n in range(2, 50)))
    assert got.verdict.fault.code == "rule_refuses_file"
    assert "cheap_enough is broken by 1 of 49 rows" in got.verdict.fault.what
    assert got.good.height == 0
    assert got.bad[ROW].to_list() == [1]
    assert checked(dataset, "1,a,9,").verdict.fault is None


@pytest.mark.parametrize("name", ["id:type", "id:unique", "id:not_null", "code:unique"])
def test_the_kit_s_own_rules_can_refuse_a_file(name):
    got = checked(orders(severities={name: REFUSE}), "1,a,,", "5,a,,", "1,b,,", "oh,c,,", ",d,,", "7,e,,")
    assert got.verdict.fault.code == "rule_refuses_file"
    assert name in got.verdict.fault.what


@pytest.mark.parametrize(
    ("severities", "words"),
    [
        ({"price:le": WARN}, "'price:le' is the name of none of its rules"),
        ({"nothing": WARN}, "none of its rules"),
        ({"id:type": WARN}, "no value to publish"),
        ({"id:not_null": WARN}, "no value to publish"),
        ({"id:unique": WARN}, "names a row"),
        ({"cheap_enough": "warning"}, "no severity"),
    ],
)
def test_an_unsound_severity_is_refused_where_it_is_declared(severities, words):
    with pytest.raises(ContractMistake, match=words) as mistake:
        orders(severities=severities)
    assert mistake.value.next_step


def test_an_unknown_rule_is_answered_with_the_names_of_all():
    with pytest.raises(ContractMistake) as mistake:
        orders(severities={"nothing": WARN})
    names = mistake.value.next_step.removeprefix("They are: ").split("; ")
    assert names == [
        "id:type",
        "id:not_null",
        "id:greater_than_or_equal_to",
        "code:type",
        "code:no_x",
        "price:type",
        "price:less_than_or_equal_to",
        "owner:type",
        "owner:str_length",
        "cheap_enough",
        "id:unique",
        "code:unique",
    ]


def test_severities_and_file_rules_are_part_of_the_contract_s_version():
    plain = contract_version(orders())
    assert contract_version(orders(severities={})) == plain
    assert contract_version(orders(severities={"cheap_enough": WARN})) != plain
    assert contract_version(orders(file_rules=(RowCount(least=2),))) != plain
    assert contract_version(orders(file_rules=(BadShare(most=0.2),))) != plain
    assert contract_version(orders(unique_across_files=True)) != plain
