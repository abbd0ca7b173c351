"""Put files and rows in quarantine: the evidence first, untouched, then a report that says why."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from tidegate.lake import layout
from tidegate.lake.evidence import Evidence, Folder
from tidegate.lake.page import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.lake.landed import LandedObject

_LARGEST_COPY = 5 * 1024**3  # above it S3 copies only in parts


class Quarantine:
    """The quarantine bucket of one environment."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def keep_file(self, landed: LandedObject, dataset: str, report: Mapping[str, Any]) -> str:
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

    def evidence(self, landed: LandedObject, dataset: str, contract: str) -> Evidence:
        """Takes the rows of a file that break its contract."""
        keys = layout.bad_rows_key, layout.bad_bytes_key
        return Evidence(self._folder(landed, dataset, contract, *keys))

    def evidence_of_step(self, landed: LandedObject, dataset: str, contract: str) -> Evidence:
        """Takes the rows of a file that its dataset's own step broke."""
        keys = layout.broken_rows_key, layout.broken_bytes_key
        return Evidence(self._folder(landed, dataset, contract, *keys))

    def tell_rows(self, dataset: str, object_id: str, report: Mapping[str, Any]) -> str:
        """Say why rows of a file were kept; the report's address is returned."""
        return self._report(layout.rows_report_key(dataset, object_id), report)

    def tell_broken_rows(self, dataset: str, object_id: str, report: Mapping[str, Any]) -> str:
        """Say why rows that a dataset's own step broke were kept; the report's address is returned."""
        return self._report(layout.broken_report_key(dataset, object_id), report)

    def _folder(
        self,
        landed: LandedObject,
        dataset: str,
        contract: str,
        rows_key: Callable[[str, str, int], str],
        bytes_key: Callable[[str, str, int], str],
    ) -> Folder:
        return Folder(
            s3=self._s3,
            bucket=self.bucket,
            rows_key=partial(rows_key, dataset, landed.object_id),
            bytes_key=partial(bytes_key, dataset, landed.object_id),
            file=layout.uri(landed.bucket, landed.key),
            version=landed.version_id or landed.etag,
            contract=contract,
        )

    def _report(self, key: str, report: Mapping[str, Any]) -> str:
        """The report as JSON and, beside it, as a page."""
        self._put(layout.page_key(key), page(report), "text/html; charset=utf-8")
        self._put(key, json.dumps(report, ensure_ascii=False, indent=1, default=str), "application/json")
        return layout.uri(self.bucket, key)

    def _put(self, key: str, text: str, kind: str) -> None:
        body = text.encode(errors="backslashreplace")
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=kind)
