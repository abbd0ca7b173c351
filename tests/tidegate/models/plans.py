"""A plan of one model and its tables, for tests of decisions."""

from __future__ import annotations

from tidegate.plan import DatasetPlan, LookupPlan, ModelPlan, Plan, TableSpec

MODEL = ModelPlan(
    name="flight_delay",
    request="flights",
    known_by="two hours before departure",
    reads=("flights", "weather"),
    lookups=(LookupPlan(dataset="weather", by=("origin",), at="observed_at"),),
    least_new_rows=100,
    schedule="rate(1 day)",
    instance_type="ml.m5.large",
    seed=7,
    code="c0de",
)


def dataset(name: str) -> DatasetPlan:
    table = TableSpec(name=name, description="", fields=(), key=(), partition_column="", partition_grain="")
    return DatasetPlan(
        name=name,
        contract=f"contract of {name}",
        needs_transform=False,
        own_queue=False,
        overwrite="append",
        table=table,
    )


PLAN = Plan(datasets={name: dataset(name) for name in MODEL.reads}, models={MODEL.name: MODEL})
