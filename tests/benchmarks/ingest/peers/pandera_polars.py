"""pandera on polars, with care: cells are cast beforehand, the frame is validated lazily once, then split.

`coerce=True` is not used: with it one bad number leaves no good row. What cannot be cast becomes null, and so
breaks the rule against nulls. The rows that failed are those that `failure_cases` names.
"""

import sys

import polars as pl
from pandera.errors import SchemaErrors

from tests.benchmarks.ingest.peers.columns import TYPES, YEAR, done
from tests.benchmarks.ingest.rooms.schemas.lineitem import Line

source, out = sys.argv[1:]
text = pl.read_csv(source, infer_schema=False)
rows = text.with_columns(
    pl.col(name).str.to_date("%Y-%m-%d", strict=False)
    if kind == pl.Date
    else pl.col(name).cast(kind, strict=False)
    for name, kind in TYPES.items()
    if kind != pl.String
)
schema = Line.to_schema()
schema.unique = ["l_orderkey", "l_linenumber"]
bad = pl.DataFrame(schema={"index": pl.Int64, "reasons": pl.List(pl.String)})
try:
    schema.validate(rows, lazy=True)
except SchemaErrors as errors:
    named = pl.concat_str(pl.col("column"), pl.lit(":"), pl.col("check"))
    found = errors.failure_cases.filter(pl.col("index").is_not_null())
    bad = found.group_by(pl.col("index").cast(pl.Int64)).agg(named.unique().alias("reasons"))
row = pl.int_range(pl.len()).alias("index")
good = rows.with_columns(row).join(bad, on="index", how="anti").drop("index")
text.with_columns(row).join(bad, on="index").write_parquet(f"{out}-quarantine.parquet")
good.with_columns(YEAR).write_parquet(
    out,
    partition_by="year",
    compression="zstd",
    compression_level=1,
)
done(good=good.height, bad=bad.height)
