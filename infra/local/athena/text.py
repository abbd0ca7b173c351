"""Values as Athena writes them in its results, and types as it names them.

Sources: Athena's API reference of ColumnInfo; the text forms are those that awswrangler and PyAthena parse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb.typing import DuckDBPyType

_TYPES = {  # DuckDB's type: Athena's, its precision
    "boolean": ("boolean", 0),
    "tinyint": ("tinyint", 3),
    "smallint": ("smallint", 5),
    "utinyint": ("smallint", 5),
    "integer": ("integer", 10),
    "usmallint": ("integer", 10),
    "bigint": ("bigint", 19),
    "uinteger": ("bigint", 19),
    "ubigint": ("bigint", 19),
    "hugeint": ("bigint", 19),
    "float": ("float", 17),
    "double": ("double", 17),
    "date": ("date", 0),
    "time": ("time", 3),
    "timestamp": ("timestamp", 3),
    "timestamp_s": ("timestamp", 3),
    "timestamp_ms": ("timestamp", 3),
    "timestamp_ns": ("timestamp", 3),
    "timestamp with time zone": ("timestamp with time zone", 3),
    "blob": ("varbinary", 1_073_741_824),
    "varchar": ("varchar", 2_147_483_647),
    "uuid": ("varchar", 2_147_483_647),
    "list": ("array", 0),
    "array": ("array", 0),
    "map": ("map", 0),
    "struct": ("row", 0),
}
_MOMENT = "CASE WHEN epoch_us({0}) % 1000 = 0 THEN strftime({0}, '{1}.%g') ELSE strftime({0}, '{1}.%f') END"
_SECONDS = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True)
class Column:
    """One column of a result: its name, and its type in Athena's words."""

    name: str
    type: str
    precision: int
    scale: int = 0

    @property
    def nested(self) -> bool:
        """Whether DuckDB cannot write its text, so that `nested_text` must."""
        return self.type in ("array", "map", "row")

    def info(self) -> dict[str, Any]:
        """Athena's ColumnInfo."""
        return {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": self.name,
            "Label": self.name,
            "Type": self.type,
            "Precision": self.precision,
            "Scale": self.scale,
            "Nullable": "UNKNOWN",
            "CaseSensitive": self.type == "varchar",
        }


def column(name: str, kind: DuckDBPyType) -> Column:
    """The column called `name` of DuckDB's type `kind`."""
    if kind.id == "decimal":
        sizes = dict(kind.children)
        return Column(name, "decimal", int(str(sizes["precision"])), int(str(sizes["scale"])))
    if str(kind) == "JSON":
        return Column(name, "json", 0)
    found, precision = _TYPES.get(kind.id, ("varchar", 2_147_483_647))
    return Column(name, found, precision)


def expression(quoted: str, of: Column) -> str:
    """The DuckDB expression that says the text of the column; nested ones stay as they are."""
    if of.nested:
        return quoted
    if of.type == "timestamp":
        return _MOMENT.format(f"CAST({quoted} AS TIMESTAMP)", _SECONDS)
    if of.type == "timestamp with time zone":
        in_utc = _MOMENT.format(f"timezone('UTC', {quoted})", _SECONDS)
        return f"({in_utc}) || ' UTC'"
    if of.type == "varbinary":
        return f"rtrim(regexp_replace(lower(hex({quoted})), '(..)', '\\1 ', 'g'))"
    text = f"CAST({quoted} AS VARCHAR)"
    if of.type in ("double", "float"):
        return (
            f"CASE {text} WHEN 'nan' THEN 'NaN' WHEN 'inf' THEN 'Infinity' WHEN '-inf' THEN '-Infinity' "
            f"ELSE replace(replace({text}, 'e+', 'E'), 'e', 'E') END"
        )
    return text


def nested_text(value: Any) -> str:  # noqa: PLR0911  # Any: what Arrow hands out for a list, a map or a struct
    """The text of a value inside an array, a map or a row."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        if value and all(isinstance(entry, tuple) for entry in value):
            return "{" + ", ".join(f"{nested_text(key)}={nested_text(entry)}" for key, entry in value) + "}"
        return "[" + ", ".join(nested_text(entry) for entry in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={nested_text(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, bytes):
        return value.hex(" ")
    return str(value)
