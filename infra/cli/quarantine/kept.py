"""Read what quarantine holds of a file: its reports, its bad rows part by part, its bytes."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.contract.verdict import BYTES, MASK, RAW, ROW
from tidegate.lake import layout
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from infra.cli.place import Place
    from tidegate.lake.entry import Entry

_ABSENT = ("NoSuchKey", "404")


def bucket(where: Place) -> str:
    """The quarantine bucket's name."""
    return where.settings[Setting.QUARANTINE_BUCKET]


def reports(where: Place, file: Entry) -> dict[str, dict[str, Any]]:
    """The reports that stand of a file, by their keys."""
    edition, dataset = file.standing_edition, file.standing.dataset or layout.UNCLAIMED
    keys = (
        layout.file_report_key(dataset, edition),
        layout.file_report_key(layout.UNCLAIMED, edition),
        layout.rows_report_key(dataset, edition),
        layout.broken_report_key(dataset, edition),
    )
    bodies = {key: read(where, key) for key in dict.fromkeys(keys)}
    return {key: json.loads(body) for key, body in bodies.items() if body is not None}


def header(where: Place, file: Entry) -> list[str]:
    """The names in the header that a file's bad rows came under; none where they came under none."""
    body = read(where, layout.rows_report_key(file.standing.dataset, file.standing_edition))
    found: list[str] = json.loads(body).get("header", []) if body else []
    return found


def bad_rows(where: Place, file: Entry) -> Iterator[tuple[bool, pl.DataFrame]]:
    """The parts of a file's bad rows, each with whether the dataset's own step broke it."""
    for of_step, key in ((False, layout.bad_rows_key), (True, layout.broken_rows_key)):
        number = 0
        while (part := _part(where, key(file.standing.dataset, file.standing_edition, number))) is not None:
            yield of_step, part
            number += 1


def bad_bytes(where: Place, file: Entry, *, of_step: bool) -> Iterator[bytes]:
    """The original bytes of the same rows, in the file's order; what the step made of its own."""
    key, number = layout.broken_bytes_key if of_step else layout.bad_bytes_key, 0
    while (part := _part(where, key(file.standing.dataset, file.standing_edition, number))) is not None:
        yield from part.sort(ROW)[BYTES].to_list()
        number += 1


def read(where: Place, key: str) -> bytes | None:
    """An object of the quarantine bucket; nothing if it is not there."""
    try:
        answer = where.client("s3").get_object(Bucket=bucket(where), Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    body: bytes = answer["Body"].read()
    return body


def veiled(rows: pl.DataFrame, told: dict[str, dict[str, Any]], personal: set[str]) -> pl.DataFrame:
    """The rows without their text, where a column is personal today that was not when they were kept."""
    import polars as pl

    masked = {name for report in told.values() for name in report.get("masked_columns", ())}
    return rows if personal <= masked else rows.with_columns(pl.lit(MASK).alias(RAW))


def personal(dataset: str) -> set[str]:
    """The columns that are personal by the contract as it is here; none of a dataset that is not known."""
    from tidegate.contract.contracts import contracts

    known = contracts()
    return set(known[dataset].plan.personal) if dataset in known else set()


def _part(where: Place, key: str) -> pl.DataFrame | None:
    import polars as pl

    body = read(where, key)
    return None if body is None else pl.read_parquet(io.BytesIO(body))
