"""The limit from a stream: polars reads an object from S3 and writes partitions to S3, and checks nothing."""

import os
import sys

import polars as pl

from tests.benchmarks.ingest.peers.columns import TYPES, YEAR, done

source, out = sys.argv[1:]
options = {
    "aws_endpoint_url": os.environ["AWS_ENDPOINT_URL"],
    "aws_access_key_id": os.environ["AWS_ACCESS_KEY_ID"],
    "aws_secret_access_key": os.environ["AWS_SECRET_ACCESS_KEY"],
    "aws_region": os.environ["AWS_REGION"],
    "aws_allow_http": "true",
    "aws_virtual_hosted_style_request": "false",
}
(
    pl.scan_csv(source, schema=TYPES, storage_options=options, credential_provider=None)
    .with_columns(YEAR)
    .sink_parquet(
        pl.PartitionBy(out, key="year", include_key=False),
        compression="zstd",
        compression_level=1,
        storage_options=options,
        credential_provider=None,
        engine="streaming",
    )
)
done()
