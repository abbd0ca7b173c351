"""A data file as its manifest entry will describe it, and the lists of them that wait for their commit."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tidegate.lake import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Bound = bool | int | float | str  # dates as days, times as microseconds since 1970


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One Parquet file in a table's location."""

    uri: str
    rows: int
    bytes: int
    partition: int | None  # the value of the partition's transform
    nulls: Mapping[str, int]
    lower: Mapping[str, Bound]
    upper: Mapping[str, Bound]
    added: tuple[str, ...] = ()  # its text columns that the contract does not name

    @property
    def object_id(self) -> str:
        """The object that its rows came with."""
        return layout.object_id_of(self.uri)

    def to_json(self) -> dict[str, Any]:
        """The file as an entry of `data-files.json`."""
        written = asdict(self)
        if not self.added:  # a publisher of before may read it
            del written["added"]
        return written


def load(s3: Any, bucket: str, dataset: str, edition: str) -> tuple[DataFile, ...]:
    """The data files of an edition that wait for their commit."""
    body = s3.get_object(Bucket=bucket, Key=layout.data_files_key(dataset, edition))["Body"].read()
    return tuple(DataFile(**{**file, "added": tuple(file.get("added", ()))}) for file in json.loads(body))


def save(s3: Any, bucket: str, dataset: str, edition: str, lines: Iterable[bytes]) -> None:
    """Leave the list of an edition's data files, each as JSON, for `publish`."""
    body = b"[" + b",\n".join(lines) + b"]"
    s3.put_object(Bucket=bucket, Key=layout.data_files_key(dataset, edition), Body=body)
