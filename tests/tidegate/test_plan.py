"""The plan says of datasets and models what stacks need, and survives being written and read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.tidegate.contract.test_compile import Aggregating
from tests.tidegate.models.text.step_graph import text_model
from tidegate import find
from tidegate.contract.declare import Dataset
from tidegate.errors import ContractMistake, NotFound
from tidegate.plan import OBJECT_ID, Plan, plan
from tidegate.planning import plan_from_folders


def test_a_plan_that_was_written_reads_back_the_same() -> None:
    made = plan()
    assert Plan.from_json(made.to_json()) == made


def test_the_same_folders_give_the_same_text() -> None:
    assert list(json.loads(plan().to_json())) == ["datasets", "models"]
    plan.cache_clear()
    first = plan().to_json()
    plan.cache_clear()
    assert plan().to_json() == first


def test_every_dataset_and_every_model_of_the_folders_is_in_it() -> None:
    assert plan().datasets.keys() == find.datasets().keys()
    assert plan().models.keys() == find.models().keys()


def test_a_table_has_the_contracts_columns_and_ends_with_the_file_a_row_came_with() -> None:
    for name, dataset in find.datasets().items():
        table = plan().dataset(name).table
        columns = dataset.table_row.to_schema().columns
        assert [field.name for field in table.fields] == [*columns, OBJECT_ID]
        assert table.key == dataset.key
        required = {field.name for field in table.fields if field.required}
        assert required == {c for c, column in columns.items() if not column.nullable} | {OBJECT_ID}


def test_a_contract_that_cannot_be_run_is_refused_when_the_plan_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = Dataset(name="airlines", description="", row=Aggregating, key=("key",))
    monkeypatch.setitem(find.datasets(), "airlines", wrong)
    with pytest.raises(ContractMistake, match="looks at other rows"):
        plan_from_folders()


def test_a_model_that_is_asked_at_no_moment_of_its_requests_is_refused_when_the_plan_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = replace(find.model("flight_delay"), known_by="the ride")
    monkeypatch.setitem(find.models(), "flight_delay", wrong)
    with pytest.raises(ContractMistake, match="known_by is 'the ride', which is no moment") as refused:
        plan_from_folders()
    assert refused.value.where == "pipelines/flight_delay/__init__.py"
    assert refused.value.next_step == (
        f"Its moments are: {', '.join(find.dataset('flights').moments)}. "
        "Another one is added by its `moments=(…)`"
    )


def test_what_is_not_there_is_named_with_what_is() -> None:
    with pytest.raises(NotFound, match="no dataset is called 'ferries'") as refused:
        plan().dataset("ferries")
    assert "flights" in str(refused.value)
    with pytest.raises(NotFound, match=r"no model is called 'tides'"):
        plan().model("tides")


def test_a_model_that_writes_text_is_told_from_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not plan_from_folders().models["flight_delay"].writes
    monkeypatch.setitem(find.models(), "flight_delay", text_model(name="flight_delay"))
    made = plan_from_folders()
    assert made.models["flight_delay"].writes
    assert Plan.from_json(made.to_json()) == made
