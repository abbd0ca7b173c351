"""One object version as the engine reads it: streamed from its start, as often as asked, never cut short.

A body that ends early looks like a shorter file. So its bytes are counted, and what is torn is an error that
a retry may heal, never a verdict on the rows that came through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import HTTPClientError, IncompleteReadError, ResponseStreamingError

from tidegate.errors import Transient
from tidegate.lake import layout
from tidegate.lake.originals import version_of

if TYPE_CHECKING:
    from tidegate.lake.landed import LandedObject
    from tidegate.lake.originals import Where


@dataclass(frozen=True)
class S3Source:
    """One version of a landed object."""

    s3: Any
    landed: LandedObject
    size: int
    where: Where

    @classmethod
    def of(cls, s3: Any, landed: LandedObject, where: Where | None = None) -> S3Source:
        """The object, with its size as S3 has it, which an event may lack; it may lie elsewhere by now.

        Raises:
            ClientError: it is gone, or not ours to read.
        """
        where = where or version_of(landed)
        if landed.size:
            return cls(s3, landed, landed.size, where)
        answer = s3.get_object(**where)
        answer["Body"].close()
        return cls(s3, landed, int(answer["ContentLength"]), where)

    @property
    def name(self) -> str:
        """Its key."""
        return self.landed.key

    def open(self) -> WholeBody:
        """Its bytes from the first on.

        Raises:
            Transient: S3 has another size than was told.
        """
        answer = self.s3.get_object(**self.where)
        if answer["ContentLength"] != self.size:
            raise _torn(self.landed, f"S3 gives {answer['ContentLength']} bytes where {self.size} were told")
        return WholeBody(answer["Body"], self.landed, self.size)

    def read_at(self, offset: int, length: int) -> bytes:
        """Some of its bytes, fewer only where the object ends.

        Raises:
            Transient: not all of them came.
        """
        length = min(length, self.size - offset)
        if length <= 0:
            return b""
        asked = f"bytes={offset}-{offset + length - 1}"
        answer = self.s3.get_object(**self.where, Range=asked)
        return WholeBody(answer["Body"], self.landed, length).read(length)


class WholeBody:
    """The body of an answer, of which all must come."""

    def __init__(self, body: Any, landed: LandedObject, length: int) -> None:
        self._body, self._landed, self._left = body, landed, length

    def read(self, size: int, /) -> bytes:
        """The next bytes, exactly `size` of them until the end.

        Raises:
            Transient: the connection broke.
        """
        try:
            piece: bytes = self._body.read(size)
        except (HTTPClientError, IncompleteReadError, ResponseStreamingError, OSError) as error:
            raise _torn(self._landed, f"the connection broke ({type(error).__name__})") from error
        self._left -= len(piece)
        if len(piece) < size and self._left > 0:
            raise _torn(self._landed, f"the body ended {self._left} bytes early")
        if not self._left:
            self._body.close()
        return piece

    def close(self) -> None:
        """Give the connection up."""
        self._body.close()


def _torn(landed: LandedObject, what: str) -> Transient:
    address = layout.uri(landed.bucket, landed.object_id)  # its key is upstream's own text
    return Transient(address, what, "It is read again when the message comes back")
