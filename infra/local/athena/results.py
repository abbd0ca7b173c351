"""The files of a result: `<output location><query id>.csv` and its `.metadata`, as Athena lays them out."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow.csv
from botocore.exceptions import ClientError

from infra.local.athena import catalog

if TYPE_CHECKING:
    from infra.local.athena.access import Access
    from infra.local.athena.engine import Result


@dataclass(frozen=True)
class Destination:
    """Where a result goes, and how it is encrypted."""

    location: str  # ends with a slash
    encryption: dict[str, str]

    def of(self, query_id: str, extension: str) -> str:
        """The URI of one query's result."""
        return f"{self.location}{query_id}.{extension}"

    def _arguments(self) -> dict[str, str]:
        option = self.encryption.get("EncryptionOption")
        if option == "SSE_S3":
            return {"ServerSideEncryption": "AES256"}
        if option in ("SSE_KMS", "CSE_KMS"):
            return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.encryption.get("KmsKey", "")}
        return {}

    def write(self, access: Access, uri: str, result: Result) -> None:
        """Put the result and its metadata there, as the caller.

        Raises:
            QueryFailed: the caller may not write there.
        """
        place = urlsplit(uri)
        key = place.path.lstrip("/")
        # Athena's own metadata file is a binary that no client reads; ours says the same as JSON.
        described = json.dumps([column.info() for column in result.columns]).encode()
        try:
            for name, body in ((key, _body(result)), (f"{key}.metadata", described)):
                access.client("s3").put_object(Bucket=place.netloc, Key=name, Body=body, **self._arguments())
        except ClientError as error:
            raise catalog.refused(error) from error


def _body(result: Result) -> bytes:
    """Everything quoted, nulls as nothing at all; plain lines for what is no SELECT."""
    out = io.BytesIO()
    if result.has_header:
        options = pyarrow.csv.WriteOptions(include_header=True, quoting_style="all_valid")
        pyarrow.csv.write_csv(result.rows, out, options)
    else:
        out.write("".join(f"{line}\n" for line in result.rows.column(0).to_pylist()).encode())
    return out.getvalue()


def page(result: Result, offset: int, size: int) -> dict[str, Any]:
    """One page of GetQueryResults; the first page of a SELECT starts with the header row."""
    header = result.has_header
    total = result.rows.num_rows + header
    start = max(offset - header, 0)
    part = result.rows.slice(start, min(offset + size, total) - header - start)
    rows = [_row(values) for values in zip(*(column.to_pylist() for column in part.columns), strict=True)]
    if header and offset == 0:
        rows.insert(0, _row([column.name for column in result.columns]))
    answer: dict[str, Any] = {
        "UpdateCount": 0,
        "ResultSet": {
            "Rows": rows,
            "ResultSetMetadata": {"ColumnInfo": [column.info() for column in result.columns]},
        },
    }
    if offset + size < total:
        answer["NextToken"] = str(offset + size)
    return answer


def _row(values: Any) -> dict[str, list[dict[str, str]]]:
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in values]}
