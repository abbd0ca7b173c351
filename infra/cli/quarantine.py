"""`tidegate quarantine`: rows and files that were refused, and why."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from infra.cli import ledger, place
from infra.cli.answer import Answer, counted, grid
from tidegate.errors import NotFound
from tidegate.lake import layout
from tidegate.lake.entry import Entry, State
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

SHOWN_ROWS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("what", choices=("list", "show"))
    parser.add_argument("id", nargs="?", default="", help="of the file, or how it begins (show)")
    parser.add_argument("--dataset", default="", help="only its files (list)")


def run(args: argparse.Namespace, _screen: Screen) -> Answer:
    """List what is in quarantine, or show one file's report and rows."""
    where = place.find(args.environment)
    if args.what == "list":
        return _list(where, args.dataset)
    if not args.id:
        raise NotFound("quarantine show", "no id was given", "See the ids: tidegate quarantine list")
    return _show(where, ledger.file(where, args.id))


def _list(where: place.Place, dataset: str) -> Answer:
    found = [
        file
        for file in ledger.files(where, dataset=dataset)
        if file.state in (State.QUARANTINED, State.PARTLY_PUBLISHED) or file.bad_rows
    ]
    rows = [
        (
            file.object_id[:8],
            file.key,
            "file" if file.state is State.QUARANTINED else "rows",
            file.bad_rows,
            file.reason,
        )
        for file in found
    ]
    columns = ("id", "key", "kept", "rows", "reason")
    return Answer(
        [ledger.data(file) for file in found],
        lambda: grid(f"{counted(len(found), 'file')} with something in quarantine", columns, rows),
    )


def _show(where: place.Place, file: Entry) -> Answer:
    from infra.cli import evidence

    dataset = file.dataset or layout.UNCLAIMED
    reports = [
        (key, report)
        for key in (
            layout.file_report_key(dataset, file.object_id),
            layout.file_report_key(layout.UNCLAIMED, file.object_id),
            layout.rows_report_key(dataset, file.object_id),
            layout.broken_report_key(dataset, file.object_id),
        )
        if (report := _read(where, key)) is not None
    ]
    if not reports:
        raise NotFound(
            f"quarantine {file.object_id[:8]}", f"nothing of {file.key} is there", "tidegate quarantine list"
        )
    told = {key: json.loads(report) for key, report in dict(reports).items()}
    rows = _bad_rows(where, dataset, file)
    if any(report.get("masked_columns") for report in told.values()):
        rows = evidence.masked(rows)
    bucket = where.settings[Setting.QUARANTINE_BUCKET]
    found = evidence.Evidence(file=file, bucket=bucket, reports=told, rows=rows)
    data = {"file": ledger.data(file), "bucket": bucket, "reports": told, "rows": rows}
    return Answer(data, found.page)


def _bad_rows(where: place.Place, dataset: str, file: Entry) -> list[dict[str, Any]]:
    for key in (
        layout.bad_rows_key(dataset, file.object_id),
        layout.broken_rows_key(dataset, file.object_id),
    ):
        body = _read(where, key)
        if body is not None:
            import polars as pl

            return pl.read_parquet(io.BytesIO(body)).head(SHOWN_ROWS).to_dicts()
    return []


def _read(where: place.Place, key: str) -> bytes | None:
    from botocore.exceptions import ClientError

    try:
        answer = where.client("s3").get_object(Bucket=where.settings[Setting.QUARANTINE_BUCKET], Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    body: bytes = answer["Body"].read()
    return body
