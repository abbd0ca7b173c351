"""Tables are created and grown from specifications, and never lose what is published."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tidegate.errors import NotFound, Refused
from tidegate.lake import commits, tables
from tidegate.lake.filelist import DataFile
from tidegate.plan import Field, TableSpec, plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World


def make(world: World, spec: TableSpec) -> Any:
    return tables.create_or_evolve(
        tables.catalog(), world.settings[Setting.DATABASE], f"s3://{world.lake}/tables/{spec.name}", spec
    )


def test_a_table_is_created_with_the_contracts_columns_and_partition(world: World) -> None:
    table = make(world, plan().dataset("trips").table)

    stored = [(field.name, str(field.field_type), field.required) for field in table.schema().fields]
    assert stored == [
        ("id", "long", True),
        ("rider", "string", False),
        ("price", "double", False),
        ("day", "date", True),
        ("_object_id", "string", True),
    ]
    assert [(field.name, str(field.transform)) for field in table.spec().fields] == [("day_month", "month")]
    assert table.name_mapping() is not None


def test_creating_a_table_again_changes_nothing(world: World) -> None:
    spec = plan().dataset("trips").table
    first = make(world, spec)

    again = make(world, spec)

    assert again.metadata_location == first.metadata_location


def test_a_new_column_is_added_and_may_be_null_and_is_in_the_name_mapping(world: World) -> None:
    spec = plan().dataset("stays").table
    make(world, spec)

    grown = make(world, replace(spec, fields=(*spec.fields, Field(name="guests", type="int", required=True))))

    assert not grown.schema().find_field("guests").required
    assert '"guests"' in grown.properties["schema.name-mapping.default"]


def test_a_column_grows_wider_and_may_become_null(world: World) -> None:
    narrow = TableSpec(
        name="grown",
        description="",
        fields=(
            Field(name="n", type="int", required=True),
            Field(name="_object_id", type="string", required=True),
        ),
        key=("n",),
        partition_column="",
        partition_grain="",
    )
    make(world, narrow)

    wider = make(
        world, replace(narrow, fields=(Field(name="n", type="long", required=False), narrow.fields[1]))
    )

    assert str(wider.schema().find_field("n").field_type) == "long"
    assert not wider.schema().find_field("n").required


def test_a_growth_that_is_rolled_back_before_anything_is_published_leaves_the_table_usable(
    world: World,
) -> None:
    old = TableSpec(
        name="back",
        description="",
        fields=(
            Field(name="n", type="int", required=True),
            Field(name="_object_id", type="string", required=True),
        ),
        key=("n",),
        partition_column="",
        partition_grain="",
    )
    new = replace(
        old,
        fields=(
            Field(name="n", type="long", required=True),
            old.fields[1],
            Field(name="more", type="string", required=True),
        ),
    )
    first = make(world, old)
    commits.commit(first, "first", [data_file(world, "n")])
    grown = make(world, new)

    back = make(world, old)

    assert back.schema() == grown.schema()
    commits.commit(back, "second", [data_file(world, "n", "more")])
    with pytest.raises(Refused, match="no longer has more"):
        make(world, old)


def data_file(world: World, *columns: str) -> DataFile:
    uri = f"s3://{world.lake}/tables/back/data/{len(columns)}-0.parquet"
    nulls = dict.fromkeys(columns, 0)
    return DataFile(uri=uri, rows=1, bytes=9, partition=None, nulls=nulls, lower={}, upper={})


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ([("nights", "int"), ("_object_id", "string")], "no longer has id"),
        ([("id", "long"), ("nights", "int"), ("_object_id", "string")], "int cannot hold"),
        ([("id", "string"), ("nights", "long"), ("_object_id", "string")], "string cannot hold"),
    ],
)
def test_what_would_lose_published_rows_is_refused(
    world: World, fields: list[tuple[str, str]], said: str
) -> None:
    spec = plan().dataset("stays").table
    make(world, spec)
    changed = tuple(Field(name=name, type=kind, required=True) for name, kind in fields)

    with pytest.raises(Refused, match=said):
        make(world, replace(spec, fields=changed))


def test_another_partition_is_refused(world: World) -> None:
    spec = plan().dataset("trips").table
    make(world, spec)

    with pytest.raises(Refused, match="partitioned by"):
        make(world, replace(spec, partition_grain="day"))


def test_a_table_that_nobody_created_is_named(world: World) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        tables.load(tables.catalog(), world.settings[Setting.DATABASE], "nothing")
