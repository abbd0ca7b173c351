"""`dataset new` and `model new` write what the checks accept, in a checkout that is otherwise as it was."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from infra.cli.scaffold import FRAMEWORKS, TEXT, model_files
from tests.house import checkout
from tidegate import find

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = """booking_id;zip;seats;price;booked_on;sent;paid;note
7;01234;2;19.5;2024-01-31;2024-01-31T10:00:00Z;true;
8;99999;NA;20;2024-02-01;2024-02-01T11:30:00.5+01:00;false;window, please
"""
DECLARED = """
import json
from tidegate import find
found = find.dataset("bookings")
columns = {name: [str(column.dtype), column.nullable] for name, column in found.schema().columns.items()}
print(json.dumps({"columns": columns, "key": found.key, "nulls": found.reads.null_values,
  "delimiter": found.reads.delimiter, "partition": found.partition.column}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with a dataset and a model made by the command."""
    root = checkout.copy(tmp_path_factory.mktemp("checkout"))
    (root / "bookings.csv").write_text(SAMPLE)
    made = checkout.tidegate(root, "dataset", "new", "bookings", "--from", "bookings.csv")
    assert made.returncode == 0, made.stderr
    made = checkout.tidegate(root, "model", "new", "late_weather", "--of", "flights")
    assert made.returncode == 0, made.stderr
    return root


def test_a_new_dataset_is_found_with_the_types_and_nulls_of_its_sample(copy: Path) -> None:
    done = checkout.run(copy, "-c", DECLARED)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["columns"] == {
        "booking_id": ["Int64", False],
        "zip": ["String", False],
        "seats": ["Int64", True],
        "price": ["Decimal(precision=12, scale=2)", False],
        "booked_on": ["Date", False],
        "sent": ["Datetime(time_unit='us', time_zone='UTC')", False],
        "paid": ["Boolean", False],
        "note": ["String", True],
    }
    assert told["key"] == ["booking_id"]
    assert told["nulls"] == ["", "NA"]
    assert (told["delimiter"], told["partition"]) == (";", "booked_on")


def test_a_new_model_is_found(copy: Path) -> None:
    done = checkout.run(copy, "-c", "from tidegate import find; print(find.model('late_weather').request)")
    assert done.stdout.strip() == "flights", done.stderr


def test_a_new_model_learns_no_number_whose_plan_is_known() -> None:
    files = model_files("new", find.dataset("flights"), "sklearn")
    assert 'TARGET = "dep_delay"' in files["fit.py"]


def test_a_new_model_names_the_datasets_that_fit(copy: Path) -> None:
    made = checkout.tidegate(copy, "model", "new", "whichever")
    assert made.returncode == 0, made.stderr
    assert "Wrote pipelines/whichever/, of bookings" in made.stdout
    assert "--of bookings | flights | " in made.stdout
    shutil.rmtree(copy / "pipelines" / "whichever")
    refused = checkout.tidegate(copy, "model", "new", "whichever", "--of", "airlines")
    assert refused.returncode == 3
    assert "Choose a dataset that fits: --of bookings | flights | " in refused.stderr
    assert "airlines" not in refused.stderr.partition("fits:")[2]


@pytest.mark.parametrize("framework", [one for one in FRAMEWORKS if one != TEXT])
def test_a_new_model_has_both_kinds_of_label_where_most_values_are_the_largest_or_the_least(
    framework: str,
) -> None:
    written: dict[str, Any] = {}
    exec(model_files("new", find.dataset("weather"), framework)["fit.py"], written)
    for values in ([10.0, 10.0, 10.0, 2.0], [0.0, 0.0, 0.0, 2.0]):
        labelled = written["label"](pl.DataFrame({written["TARGET"]: values}))
        assert labelled["label"].n_unique() == 2


def test_what_was_written_passes_the_linter_the_format_and_the_types(copy: Path) -> None:
    for command in (
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
    ):
        done = checkout.run(copy, "-m", *command, "schemas/bookings.py", "pipelines/late_weather")
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_exists_is_not_overwritten(copy: Path) -> None:
    for what, name in (("dataset", "bookings"), ("model", "late_weather")):
        again = checkout.tidegate(copy, what, "new", name)
        assert again.returncode == 3
        assert "exists already" in again.stderr


@pytest.mark.parametrize("name", ["Bookings", "../evil", "class", "a b", ""])
def test_a_name_that_cannot_be_a_folder_and_a_table_is_refused(copy: Path, name: str) -> None:
    assert checkout.tidegate(copy, "dataset", "new", name).returncode == 3
