"""Put files and rows in quarantine: the evidence first, untouched, then a report that says why."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from tidegate.lake import layout

if TYPE_CHECKING:
    import polars as pl

    from tidegate.lake.landed import LandedObject

_LARGEST_COPY = 5 * 1024**3  # above it S3 copies only in parts


class Quarantine:
    """The quarantine bucket of one environment."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def keep_file(self, landed: LandedObject, dataset: str, report: dict[str, Any]) -> str:
        """Keep the original bytes of this version, and why; the report's address is returned."""
        source = {"Bucket": landed.bucket, "Key": landed.key}
        same = {} if landed.version_id else {"CopySourceIfMatch": landed.etag}
        if landed.version_id:
            source["VersionId"] = landed.version_id
        key = layout.original_key(dataset, landed.object_id)
        if landed.size > _LARGEST_COPY:
            self._s3.copy(source, self.bucket, key, ExtraArgs=same)
        else:
            # an upstream's tags stay behind: they are no evidence, and reading them is not ours to ask
            self._s3.copy_object(
                CopySource=source, Bucket=self.bucket, Key=key, TaggingDirective="REPLACE", **same
            )
        return self._report(layout.file_report_key(dataset, landed.object_id), report)

    def keep_rows(self, dataset: str, object_id: str, bad: pl.DataFrame, report: dict[str, Any]) -> str:
        """Keep a file's bad rows, and why; the report's address is returned."""
        self._parquet(layout.bad_rows_key(dataset, object_id), bad)
        return self._report(layout.rows_report_key(dataset, object_id), report)

    def keep_broken_rows(
        self, dataset: str, object_id: str, bad: pl.DataFrame, report: dict[str, Any]
    ) -> str:
        """Keep the rows that a dataset's own step broke, and why; the report's address is returned."""
        self._parquet(layout.broken_rows_key(dataset, object_id), bad)
        return self._report(layout.broken_report_key(dataset, object_id), report)

    def _parquet(self, key: str, rows: pl.DataFrame) -> None:
        body = io.BytesIO()
        rows.write_parquet(body)
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body.getvalue())

    def _report(self, key: str, report: dict[str, Any]) -> str:
        body = json.dumps(report, ensure_ascii=False, indent=1, default=str).encode()
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
        return layout.uri(self.bucket, key)
