"""Create and evolve the Iceberg tables in the Glue catalogue, through PyIceberg and nothing heavier.

What a contract adds, the table takes: new columns, wider types, columns that may now be null. What would lose
or reinterpret published rows is refused, with the column's name. A contract may go back to what it was as
long as nothing was published since, so that a deployment that failed later on can be rolled back.

Columns that files brought are the table's own: a contract may name them, as the text that they are, and may
leave them unnamed again, whatever was published.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchTableError, TableAlreadyExistsError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.name_mapping import create_mapping_from_schema
from pyiceberg.transforms import DayTransform, MonthTransform, Transform, YearTransform
from pyiceberg.types import IcebergType, NestedField

from tidegate import aws
from tidegate.errors import NotFound, Refused
from tidegate.lake import gaining
from tidegate.lake.widening import holds

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from tidegate.plan import TableSpec

_FILE_IO = "tidegate.lake.fileio.S3FileIO"
_GRAINS: dict[str, Transform[Any, Any]] = {
    "day": DayTransform(),
    "month": MonthTransform(),
    "year": YearTransform(),
}
_PROPERTIES = {
    "format-version": "2",
    "write.parquet.compression-codec": "zstd",
    # A commit is retried by its publisher, who looks first whether it was made, and never blindly below it.
    "commit.retry.num-retries": "0",
    "commit.manifest-merge.enabled": "true",
    "commit.manifest.min-count-to-merge": "50",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "20",
}


def catalog(glue: Any = None) -> GlueCatalog:
    """The Glue catalogue.

    Its client never repeats a call by itself: Glue would answer the repetition of a commit that was made with
    a conflict, upon which PyIceberg deletes the manifests of that very commit.
    """
    return GlueCatalog("tidegate", client=glue or aws.client("glue", retries=0), **{"py-io-impl": _FILE_IO})


def load(glue: GlueCatalog, database: str, name: str) -> Table:
    """The table as it stands now.

    Raises:
        NotFound: nobody has created it.
    """
    try:
        return glue.load_table((database, name))
    except NoSuchTableError:
        raise NotFound(
            f"table {database}.{name}", "it does not exist", "Deploy: `functions/evolve.py` creates it"
        ) from None


def create_or_evolve(glue: GlueCatalog, database: str, location: str, spec: TableSpec) -> Table:
    """Make the table what its contract says; doing it again changes nothing.

    Raises:
        Refused: the contract drops, narrows or repartitions what is published already.
    """
    try:
        return _create(glue, database, location, spec)
    except TableAlreadyExistsError:
        table = load(glue, database, spec.name)
    _refuse_lost_columns(table, spec)
    _refuse_another_partition(table, spec)
    _evolve(table, spec)
    return load(glue, database, spec.name)


def _create(glue: GlueCatalog, database: str, location: str, spec: TableSpec) -> Table:
    if glue.table_exists((database, spec.name)):
        raise TableAlreadyExistsError(spec.name)
    schema = Schema(
        *(
            NestedField(number, field.name, _type(field.type), required=field.required, doc=field.doc or None)
            for number, field in enumerate(spec.fields, start=1)
        )
    )
    mapping = create_mapping_from_schema(schema).model_dump_json()
    return glue.create_table(
        (database, spec.name),
        schema,
        location=location,
        partition_spec=_partition(schema, spec),
        properties={
            **_PROPERTIES,
            "schema.name-mapping.default": mapping,
            "comment": spec.description,
            "Description": spec.description,
        },
    )


def _partition(schema: Schema, spec: TableSpec) -> PartitionSpec:
    if not spec.partition_column:
        return PartitionSpec()
    field = PartitionField(
        source_id=schema.find_field(spec.partition_column).field_id,
        field_id=1000,
        transform=_GRAINS[spec.partition_grain],
        name=f"{spec.partition_column}_{spec.partition_grain}",
    )
    return PartitionSpec(field)


def _type(iceberg: str) -> IcebergType:
    return IcebergType.model_validate(iceberg)


def _refuse_lost_columns(table: Table, spec: TableSpec) -> None:
    wanted = {field.name for field in spec.fields}
    before = [schema.column_names for schema in _published(table)]
    lost = [
        field.name
        for field in table.schema().fields
        if field.name not in wanted
        and field.name not in gaining.gained(table)
        and (field.required or all(field.name in names for names in before))
    ]
    if lost:
        raise Refused(
            f"table {spec.name}",
            f"the contract no longer has {', '.join(lost)}, of which rows are published",
            "Keep the column and let it be null, or publish a dataset of another name",
        )
    for field in spec.fields:
        _refuse_another_type(table, spec.name, field.name, field.type)


def _refuse_another_type(table: Table, name: str, column: str, wanted: str) -> None:
    if column not in table.schema().column_names:
        return
    stored = str(table.schema().find_field(column).field_type)
    before = [schema.find_field(column) for schema in _published(table) if column in schema.column_names]
    if stored != wanted and column in gaining.gained(table):
        raise Refused(
            f"table {name}, column {column}",
            f"files brought it before the contract named it, so it holds text, and {wanted} cannot",
            f"Name it as str, or give the typed one another name: "
            f'{column}_{wanted.partition("(")[0]}: … = column(header="{column}")',
        )
    if not holds(wanted, stored) and wanted not in {str(field.field_type) for field in before}:
        raise Refused(
            f"table {name}, column {column}",
            f"it is published as {stored}, and {wanted} cannot hold all of that",
            "Keep the type, or add a column of another name",
        )


def _published(table: Table) -> list[Schema]:
    """The schema of what was published last; all that there were, before anything was."""
    head = table.current_snapshot()
    schemas = table.schemas()
    return [schemas[head.schema_id]] if head and head.schema_id in schemas else list(schemas.values())


def _refuse_another_partition(table: Table, spec: TableSpec) -> None:
    stored = [str(field.name) for field in table.spec().fields]
    wanted = [f"{spec.partition_column}_{spec.partition_grain}"] if spec.partition_column else []
    if stored != wanted:
        raise Refused(
            f"table {spec.name}",
            f"it is partitioned by {stored or 'nothing'}, and the contract says {wanted or 'nothing'}",
            "Keep the partition, or publish a dataset of another name",
        )


def _evolve(table: Table, spec: TableSpec) -> None:
    """Add and widen. A new column may be null whatever its contract: older rows do not have it."""
    known = {field.name: field for field in table.schema().fields}
    with table.update_schema() as update:
        for field in spec.fields:
            stored = known.get(field.name)
            if stored is None:
                update.add_column(field.name, _type(field.type), doc=field.doc or None)
                continue
            if str(stored.field_type) != field.type and holds(field.type, str(stored.field_type)):
                update.update_column(field.name, field_type=_type(field.type))
            if stored.required and not field.required:
                update.make_column_optional(field.name)
            if (stored.doc or "") != field.doc:
                update.update_column(field.name, doc=field.doc)
