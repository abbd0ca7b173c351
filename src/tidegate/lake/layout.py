"""Where things lie in the buckets: every key that Tidegate writes is made here, of its own names.

An upstream key is hostile text: it is hashed into an object id, and never becomes part of a key of ours.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

UNCLAIMED = "_unclaimed"
_ID_DIGITS = 32


def object_id(bucket: str, key: str, version: str) -> str:
    """The name of one object version: the same for every event about it, and fit for any key."""
    return hashlib.sha256(f"{bucket}\0{key}\0{version}".encode()).hexdigest()[:_ID_DIGITS]


def edition(object_id: str, generation: int) -> str:
    """The name of what is made of an object: its id the first time, another name with each replay."""
    return f"{object_id}-r{generation}" if generation else object_id


def object_of(edition: str) -> str:
    """The object that an edition was made of."""
    return edition.partition("-")[0]


def generation_of(edition: str) -> int:
    """Which replay an edition was made by; none made the first."""
    return int(edition.partition("-r")[2] or 0)


def uri(bucket: str, key: str) -> str:
    """The S3 address of `key`."""
    return f"s3://{bucket}/{key}"


def split_uri(address: str) -> tuple[str, str]:
    """Bucket and key of an S3 address."""
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key


def table_prefix(dataset: str) -> str:
    """The key below which a dataset's Iceberg table lies."""
    return f"tables/{dataset}"


def data_key(dataset: str, partition: Mapping[str, str], edition: str, number: int) -> str:
    """The key of one data file; the same file written twice overwrites itself."""
    folders = "".join(f"{name}={value}/" for name, value in partition.items())
    return f"{table_prefix(dataset)}/data/{folders}{edition}-{number}.parquet"


def object_id_of(address: str) -> str:
    """The object that a data file's rows came with, read from the file's name."""
    return address.rpartition("/")[2].partition("-")[0]


def edition_of(address: str) -> str:
    """The edition that a data file is part of, read from the file's name."""
    return address.rpartition("/")[2].rpartition("-")[0]


def staged_rows_key(dataset: str, edition: str, number: int = 0) -> str:
    """One part of the good rows that wait for the dataset's own step."""
    return f"staging/{dataset}/{edition}/rows-{number}.parquet"


def staged_parts_key(dataset: str, edition: str) -> str:
    """The list of the parts that wait for the dataset's own step."""
    return f"staging/{dataset}/{edition}/parts.json"


def data_files_key(dataset: str, edition: str) -> str:
    """The list of data files that wait for their commit."""
    return f"staging/{dataset}/{edition}/data-files.json"


def keys_head_key(dataset: str) -> str:
    """What counts of a dataset's key index."""
    return f"keys/{dataset}/head.json"


def keys_segment_key(dataset: str, name: str) -> str:
    """A segment of a dataset's key index."""
    return f"keys/{dataset}/segments/{name}"


def keys_files_key(dataset: str, object_id: str) -> str:
    """The data files that hold the keys which an object brought, edition by edition."""
    return f"keys/{dataset}/files/{object_id}.json"


def bad_rows_key(dataset: str, edition: str, number: int = 0) -> str:
    """One part of a file's bad rows: their reasons, numbers and text, personal cells masked."""
    return f"rows/{dataset}/{edition}/rows-{number}.parquet"


def bad_bytes_key(dataset: str, edition: str, number: int = 0) -> str:
    """The original bytes of the same bad rows."""
    return f"rows/{dataset}/{edition}/bytes-{number}.parquet"


def broken_rows_key(dataset: str, edition: str, number: int = 0) -> str:
    """One part of the rows that the dataset's own step broke, with their reasons."""
    return f"rows/{dataset}/{edition}/step/rows-{number}.parquet"


def broken_bytes_key(dataset: str, edition: str, number: int = 0) -> str:
    """What the step made of the same rows, as JSON."""
    return f"rows/{dataset}/{edition}/step/bytes-{number}.parquet"


def rows_report_key(dataset: str, edition: str) -> str:
    """Why rows were quarantined."""
    return f"rows/{dataset}/{edition}/report.json"


def broken_report_key(dataset: str, edition: str) -> str:
    """Why rows that the dataset's own step broke were quarantined."""
    return f"rows/{dataset}/{edition}/step/report.json"


def original_key(dataset: str, object_id: str) -> str:
    """A whole file in quarantine, untouched."""
    return f"files/{dataset}/{object_id}/original"


def file_report_key(dataset: str, edition: str) -> str:
    """Why a whole file was quarantined."""
    return f"files/{dataset}/{edition}/report.json"


def led_to_key(report_key: str) -> str:
    """Beside the report of a drift, what became of it."""
    return f"{report_key.removesuffix('.json')}.led-to.json"


def page_key(report_key: str) -> str:
    """The page beside a report."""
    return f"{report_key.removesuffix('.json')}.html"
