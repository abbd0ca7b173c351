"""Answer a CloudFormation custom resource: one PUT to the address that its request names.

The format is AWS's: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html
"""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING, Any

from tidegate.errors import BadRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_REASON = 1000  # an answer has at most 4,096 bytes


def answer(
    request: Mapping[str, Any], resource: str, *, data: Mapping[str, str] | None = None, failed: str = ""
) -> None:
    """Say that the request succeeded with `data`, or why it failed.

    Raises:
        BadRequest: the request names no web address to answer to.
    """
    url = request.get("ResponseURL", "")
    if not url.startswith(("https://", "http://")):
        raise BadRequest("custom resource", "its request has no ResponseURL", "Let CloudFormation send it")
    body = json.dumps(
        {
            "Status": "FAILED" if failed else "SUCCESS",
            "Reason": failed[:_LONGEST_REASON],
            "PhysicalResourceId": resource,
            "StackId": request["StackId"],
            "RequestId": request["RequestId"],
            "LogicalResourceId": request["LogicalResourceId"],
            "Data": dict(data or {}),
        }
    ).encode()
    # An empty content type, as the address is signed without one.
    put = urllib.request.Request(url, data=body, method="PUT", headers={"Content-Type": ""})  # noqa: S310 - checked above
    with urllib.request.urlopen(put, timeout=20):  # noqa: S310
        return
