"""Put files and rows in quarantine: the evidence first, untouched, then a report that says why."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from botocore.exceptions import ClientError

from tidegate.contract.verdict import ROW
from tidegate.lake import layout
from tidegate.lake.evidence import Evidence, Folder
from tidegate.lake.originals import ABSENT
from tidegate.lake.page import page

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.contract.batch import Numbers
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.originals import Where

_LARGEST_COPY = 5 * 1024**3  # above it S3 copies only in parts


class Quarantine:
    """The quarantine bucket of one environment."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def keep_file(
        self, held: Entry, landed: LandedObject, dataset: str, where: Where, report: Mapping[str, Any]
    ) -> str:
        """Keep the original bytes, which are the same in every edition, and why; the report's address."""
        key = layout.original_key(dataset, landed.object_id)
        if where["Bucket"] != self.bucket:
            self._copy(landed, where, key)
        return self._report(layout.file_report_key(dataset, held.edition), report)

    def _copy(self, landed: LandedObject, where: Where, key: str) -> None:
        source = {name: value for name, value in where.items() if name != "IfMatch"}
        same = {"CopySourceIfMatch": where["IfMatch"]} if "IfMatch" in where else {}
        if landed.size > _LARGEST_COPY:
            self._s3.copy(source, self.bucket, key, ExtraArgs=same)
        else:
            # an upstream's tags stay behind: they are no evidence, and reading them is not ours to ask
            self._s3.copy_object(
                CopySource=source, Bucket=self.bucket, Key=key, TaggingDirective="REPLACE", **same
            )

    def evidence(self, held: Entry, dataset: str, contract: str) -> Evidence:
        """Takes the rows of a file that break its contract."""
        keys = layout.bad_rows_key, layout.bad_bytes_key
        return Evidence(self._folder(held, dataset, contract, *keys))

    def evidence_of_step(self, held: Entry, dataset: str, contract: str) -> Evidence:
        """Takes the rows of a file that its dataset's own step broke."""
        keys = layout.broken_rows_key, layout.broken_bytes_key
        return Evidence(self._folder(held, dataset, contract, *keys))

    def tell_rows(self, dataset: str, edition: str, report: Mapping[str, Any]) -> str:
        """Say why rows of a file were kept; the report's address is returned."""
        return self._report(layout.rows_report_key(dataset, edition), report)

    def tell_broken_rows(self, dataset: str, edition: str, report: Mapping[str, Any]) -> str:
        """Say why rows that a dataset's own step broke were kept; the report's address is returned."""
        return self._report(layout.broken_report_key(dataset, edition), report)

    def refused_rows(self, dataset: str, edition: str) -> Numbers:
        """The numbers of the rows that broke the contract; none where the evidence was removed."""
        try:
            body = self._get(layout.rows_report_key(dataset, edition))
            parts = [layout.bad_rows_key(dataset, edition, part) for part in range(json.loads(body)["parts"])]
            each = [pl.read_parquet(io.BytesIO(self._get(part)), columns=[ROW])[ROW] for part in parts]
        except ClientError as error:
            if error.response["Error"]["Code"] in ABSENT:
                return np.zeros(0, dtype=np.int64)
            raise
        return np.concatenate([np.zeros(0, dtype=np.int64), *(rows.to_numpy() for rows in each)])

    def _get(self, key: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        return body

    def _folder(
        self,
        held: Entry,
        dataset: str,
        contract: str,
        rows_key: Callable[[str, str, int], str],
        bytes_key: Callable[[str, str, int], str],
    ) -> Folder:
        return Folder(
            s3=self._s3,
            bucket=self.bucket,
            rows_key=partial(rows_key, dataset, held.edition),
            bytes_key=partial(bytes_key, dataset, held.edition),
            file=layout.uri(held.bucket, held.key),
            version=held.version_id or held.etag,
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
