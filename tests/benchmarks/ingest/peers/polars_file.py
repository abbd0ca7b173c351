"""The limit: polars copies a local file into partitions, and checks nothing."""

import sys

import polars as pl

from tests.benchmarks.ingest.peers.columns import TYPES, YEAR, done

source, out = sys.argv[1:]
(
    pl.scan_csv(source, schema=TYPES)
    .with_columns(YEAR)
    .sink_parquet(
        pl.PartitionBy(out, key="year", include_key=False),
        compression="zstd",
        compression_level=1,
        mkdir=True,
        engine="streaming",
    )
)
done()
