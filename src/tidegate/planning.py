"""Make the plan from `schemas/` and `pipelines/`: here a contract becomes an Iceberg table's columns."""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tidegate import find
from tidegate.errors import ContractMistake
from tidegate.models.code_version import code_version
from tidegate.models.environment import environment_version
from tidegate.models.text.declare import TextModel
from tidegate.models.ways import check_names, check_ways
from tidegate.plan import OBJECT_ID, DatasetPlan, Field, LookupPlan, ModelPlan, Plan, RetrainPlan, TableSpec

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset
    from tidegate.models.declare import Model

ICEBERG_TYPES = {
    "String": "string",
    "Boolean": "boolean",
    "Int8": "int",
    "Int16": "int",
    "Int32": "int",
    "Int64": "long",
    "UInt8": "int",
    "UInt16": "int",
    "UInt32": "long",
    "Float32": "float",
    "Float64": "double",
    "Date": "date",
    "Categorical": "string",
    "Enum": "string",
}


def plan_from_folders() -> Plan:
    """The plan of `schemas/` and `pipelines/` as they stand."""
    models = {name: _plan_model(model) for name, model in find.models().items()}
    check_names(models)
    return Plan(
        datasets={name: _plan_dataset(dataset) for name, dataset in find.datasets().items()},
        models=models,
    )


def table_spec(dataset: Dataset) -> TableSpec:
    """What the published table of `dataset` looks like.

    Raises:
        ContractMistake: a column's type has no counterpart in Iceberg.
    """
    columns = dataset.table_row.to_schema().columns
    fields = [
        Field(
            name=name,
            type=_iceberg_type(dataset.name, name, column.dtype.type),
            required=not column.nullable,
            doc=column.description or "",
        )
        for name, column in columns.items()
    ]
    fields.append(
        Field(name=OBJECT_ID, type="string", required=True, doc="The file that this row came with.")
    )
    return TableSpec(
        name=dataset.name,
        description=dataset.description,
        fields=tuple(fields),
        key=dataset.key,
        partition_column=dataset.partition.column if dataset.partition else "",
        partition_grain=dataset.partition.grain.value if dataset.partition else "",
    )


def _plan_dataset(dataset: Dataset) -> DatasetPlan:
    from tidegate.contract.compile import plan_of

    return DatasetPlan(
        name=dataset.name,
        contract=_hash_of("schemas", dataset.name),
        needs_transform=dataset.transform is not None,
        own_queue=dataset.own_queue,
        overwrite=dataset.overwrite.value,
        table=table_spec(dataset),
        slow_checks=plan_of(dataset).slow_checks,
    )


def _check_moment(model: Model) -> None:
    from tidegate.contract.soundness import known_moments

    dataset = find.dataset(model.request)
    if model.known_by not in dataset.moments:
        raise ContractMistake(
            f"pipelines/{model.name}/__init__.py",
            f"known_by is {model.known_by!r}, which is no moment of the dataset {dataset.name}",
            known_moments(dataset),
        )


def _plan_model(model: Model) -> ModelPlan:
    _check_moment(model)
    check_ways(model.name, model.rollout, model.serving)
    return ModelPlan(
        name=model.name,
        request=model.request,
        known_by=model.known_by,
        reads=tuple(dict.fromkeys(model.reads)),
        lookups=tuple(LookupPlan(dataset=look.dataset, by=look.by, at=look.at) for look in model.lookups),
        least_new_rows=model.least_new_rows,
        schedule=model.schedule,
        instance_type=model.instance_type,
        seed=model.seed,
        code=code_version(model.name),
        environment=environment_version(model.name),
        rollout=model.rollout,
        serving=model.serving,
        approval=model.approval,
        idle=model.idle,
        watch=model.watch.schedule,
        writes=isinstance(model, TextModel),
        retrain=RetrainPlan(
            on=model.retrain.on,
            cool_down_hours=model.retrain.cool_down.total_seconds() / 3600,
            most_a_day=model.retrain.most_a_day,
            hours_a_month=model.retrain.hours_a_month,
        ),
    )


def _hash_of(room: str, name: str) -> str:
    """12 digits of a hash over what declares `name`: its file or folder, and the room's shared `_` files."""
    folder = Path(next(iter(importlib.import_module(room).__path__)))
    own = [folder / f"{name}.py", *(folder / name).rglob("*.py")]
    sources = sorted(path for path in [*own, *folder.glob("_*.py")] if path.is_file())
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _iceberg_type(dataset: str, column: str, dtype: Any) -> str:
    import polars as pl

    if isinstance(dtype, pl.Datetime):
        return "timestamptz" if dtype.time_zone else "timestamp"
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    name = str(dtype.base_type())
    if name not in ICEBERG_TYPES:
        raise ContractMistake(
            f"schemas/{dataset}.py, column {column}",
            f"the type {dtype} cannot be stored in an Iceberg table",
            f"Take one of {', '.join(ICEBERG_TYPES)}, Datetime or Decimal",
        )
    return ICEBERG_TYPES[name]
