"""Where the bytes of a file are: in the landing bucket, or, where they left it, in quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.lake import layout
from tidegate.lake.entry import State
from tidegate.lake.landed import landed_of
from tidegate.lake.versions import is_listed

if TYPE_CHECKING:
    from tidegate.lake.entry import Entry
    from tidegate.lake.landed import LandedObject

Where = dict[str, str]  # the arguments of GetObject
ABSENT = {"NoSuchKey", "404", "AccessDenied", "403"}  # S3 denies what is absent where one may not list


def version_of(landed: LandedObject) -> Where:
    """This version in the landing bucket; where versions are not kept, what has its ETag."""
    same = {"VersionId": landed.version_id} if landed.version_id else {"IfMatch": landed.etag}
    return {"Bucket": landed.bucket, "Key": landed.key, **same}


def original(s3: Any, quarantine: str, held: Entry) -> Where | None:
    """Where a file that is judged again lies; nothing if it lies nowhere any more."""
    landed = landed_of(held)
    if held.original:
        return {"Bucket": quarantine, "Key": held.original}
    if not held.generation or held.state is not State.CLAIMED or is_listed(s3, landed):
        return version_of(landed)  # validation has looked, and its step need not
    for dataset in dict.fromkeys((held.standing.dataset, held.dataset, layout.UNCLAIMED)):
        where = {"Bucket": quarantine, "Key": layout.original_key(dataset, held.object_id)}
        if _is_there(s3, where):
            return where
    return None


def _is_there(s3: Any, where: Where) -> bool:
    try:
        s3.head_object(**where)
    except ClientError as error:
        if error.response["Error"]["Code"] in ABSENT:
            return False
        raise
    return True
