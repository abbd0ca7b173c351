"""PyIceberg's way to S3 through our own boto3 client, so that a function needs neither pyarrow nor fsspec.

Metadata, manifests and their lists are small: each is read and written whole.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream

from tidegate import aws
from tidegate.lake import layout

if TYPE_CHECKING:
    from types import TracebackType


class S3Input(InputFile):
    """An object to read."""

    def __len__(self) -> int:
        """Its size in bytes."""
        bucket, key = layout.split_uri(self.location)
        return int(aws.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"])

    def exists(self) -> bool:
        """Whether it is there."""
        return _exists(self.location)

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002 - read whole, it is always seekable
        """Its content."""
        bucket, key = layout.split_uri(self.location)
        s3 = aws.client("s3")
        try:
            return io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey as error:
            raise FileNotFoundError(self.location) from error


class S3Writing(io.BytesIO):
    """What is being written, put as one object when it is closed, and only if nothing went wrong before."""

    def __init__(self, location: str) -> None:
        super().__init__()
        self._location = location

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close, without putting anything after an error."""
        if kind is not None:
            super().close()
        self.close()

    def close(self) -> None:
        """Put the object."""
        if not self.closed:
            bucket, key = layout.split_uri(self._location)
            aws.client("s3").put_object(Bucket=bucket, Key=key, Body=self.getvalue())
        super().close()


class S3Output(OutputFile):
    """An object to write."""

    def __len__(self) -> int:
        """Its size in bytes, once written."""
        return len(S3Input(self.location))

    def exists(self) -> bool:
        """Whether it is there."""
        return _exists(self.location)

    def to_input_file(self) -> InputFile:
        """The same object, to read."""
        return S3Input(self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        """Begin to write."""
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return S3Writing(self.location)


class S3FileIO(FileIO):
    """What PyIceberg asks for by the property `py-io-impl`."""

    def new_input(self, location: str) -> InputFile:
        """An object to read."""
        return S3Input(location)

    def new_output(self, location: str) -> OutputFile:
        """An object to write."""
        return S3Output(location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """Delete an object."""
        address = location if isinstance(location, str) else location.location
        bucket, key = layout.split_uri(address)
        aws.client("s3").delete_object(Bucket=bucket, Key=key)


def _exists(location: str) -> bool:
    bucket, key = layout.split_uri(location)
    answer: Any = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)
    return any(found["Key"] == key for found in answer.get("Contents", ()))
