"""A contract that was written as text and read again says the same of every file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings

from tests.tidegate.contract.test_plain import Trap
from tests.tidegate.contract.test_same_as_pandera import body, files
from tidegate import find
from tidegate.contract.changes import OnChange
from tidegate.contract.file_rules import BadShare, Freshness, RowCount
from tidegate.contract.formats import Csv, Excel, Header, JsonArray, JsonLines, Parquet
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.personal import OnArrival
from tidegate.contract.preparing import prepare
from tidegate.contract.referring import Reference
from tidegate.contract.severity import Severity
from tidegate.contract.source import Limits
from tidegate.contract.written import from_text, to_text
from tidegate.errors import ContractMistake, Mistake

if TYPE_CHECKING:
    from tidegate.contract.compiled import Plan

NAMES = list(find.datasets())


def again(text: str) -> Any:
    return from_text(text, "x.json")


def same_verdict(plan: Plan, read: Plan, file: bytes, limits: Limits) -> None:
    ours, theirs = (check_in_memory(file, one, limits=limits) for one in (plan, read))
    assert theirs.verdict == ours.verdict
    assert theirs.good.equals(ours.good)
    assert theirs.bad.equals(ours.bad)


def _without_expressions(plan: Plan) -> Plan:
    return replace(plan, casts=(), rules=tuple(replace(rule, keeps=None) for rule in plan.rules))


@pytest.mark.parametrize("name", NAMES)
def test_a_datasets_contract_is_read_as_it_was_written(name: str) -> None:
    made = prepare(find.dataset(name))
    read = again(to_text(made))
    assert replace(read, plan=_without_expressions(read.plan)) == replace(
        made, plan=_without_expressions(made.plan)
    )
    for mine, its in zip(made.plan.rules, read.plan.rules, strict=True):
        assert mine.keeps is not None
        assert mine.keeps.meta.eq(its.keeps)
    assert to_text(read) == to_text(made)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(files())
def test_any_contract_says_the_same_of_any_file(file: Any) -> None:
    contract, rows = file
    made = prepare(contract.dataset)
    assume(not made.plan.slow_checks)  # such a contract is not written, but made anew from its schema file
    same_verdict(made.plan, again(to_text(made)).plan, body(contract, rows), Limits(bad_rows=10**6))


def test_all_that_a_contract_can_say_besides_comes_back() -> None:
    made = prepare(find.dataset("flights"))
    plan = replace(
        made.plan,
        formats=(
            Csv(header=Header.ANY_CASE, quote=None),
            JsonLines(),
            JsonArray(),
            Parquet(),
            Excel(sheet="x"),
        ),
        severities={("day", "in_range"): Severity.WARN},
        file_rules=(
            RowCount(least=2),
            BadShare(most=0.25),
            Freshness(column="time_hour", within=timedelta(days=1, hours=2)),
        ),
        personal=frozenset({"tailnum", "carrier"}),
        types={**made.plan.types, "price": pl.Decimal(12, 2), "at": pl.Datetime("ms", "Europe/Rome")},
    )
    full = replace(
        made,
        plan=_without_expressions(plan),
        on_arrival={"tailnum": OnArrival.HASH},
        references=(Reference(columns=("carrier",), to="airlines"),),
        unique_across_files=True,
        on_change={"dev": OnChange.EVOLVE},
    )
    assert again(to_text(full)) == full


def test_a_plan_that_holds_a_function_is_not_written() -> None:
    made = prepare(find.dataset("airlines"))
    slow = replace(made.plan.rules[0], keeps=None, slow=lambda rows: rows.to_series())
    with pytest.raises(ContractMistake, match="cannot stand in it"):
        to_text(replace(made, plan=replace(made.plan, rules=(slow,))))
    python = replace(made.plan.rules[0], keeps=pl.col("name").map_batches(len, return_dtype=pl.Boolean))
    with pytest.raises(ContractMistake, match="may not stand in it"):
        to_text(replace(made, plan=replace(made.plan, rules=(python,))))


def test_a_function_that_was_put_into_the_text_is_refused_and_not_run(tmp_path: Any) -> None:
    mark = tmp_path / "it was run"
    said = json.loads(to_text(prepare(find.dataset("airlines"))))
    rule = said["contract"]["Prepared"]["plan"]["Plan"]["rules"][0]["Rule"]
    rule["keeps"] = {
        "expression": json.loads(pl.col("name").name.map(Trap(str(mark))).meta.serialize(format="json"))
    }
    with pytest.raises(ContractMistake, match="RenameAlias"):
        again(json.dumps(said))
    rule["keeps"] = {"Popen": {"args": ["touch", str(mark)]}}
    with pytest.raises(ContractMistake, match="Popen cannot stand in it"):
        again(json.dumps(said))
    assert not mark.exists()


def test_another_version_of_polars_reads_nothing() -> None:
    said = json.loads(to_text(prepare(find.dataset("airlines"))))
    with pytest.raises(Mistake, match=r"x\.json: polars 1\.0\.0 wrote it, and polars"):
        again(json.dumps({**said, "polars": "1.0.0"}))
