"""Glue's resources as IAM names them: MiniStack takes a database asked for by `Name` to be a table."""

from __future__ import annotations

import json
from typing import Any


def install() -> None:
    """Name the database of GetDatabase, UpdateDatabase and DeleteDatabase as AWS does."""
    from ministack.core import iam_actions

    theirs = iam_actions.extract_resource_arn

    def extract(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> Any:
        said = str(theirs(service, method, path, headers, body, *rest))
        asked = headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "glue" and asked in ("GetDatabase", "UpdateDatabase", "DeleteDatabase"):
            return said.rpartition(":")[0] + f":database/{json.loads(body)['Name']}"
        return said

    iam_actions.extract_resource_arn = extract
