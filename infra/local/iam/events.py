"""What a PutEvents says of each entry to a policy: its source and its detail type."""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_evaluator


def contexts(entries: list[dict[str, Any]]) -> list[dict[str, str]]:
    """The condition keys of the entries, each different one once."""
    said = {(str(entry.get("Source", "")), str(entry.get("DetailType", ""))) for entry in entries}
    return [{"events:source": source, "events:detail-type": detail} for source, detail in sorted(said)]


def signed_entries() -> list[dict[str, Any]]:
    """The entries of the request that is being decided."""
    request = iam_evaluator._signed_request.get()
    try:
        said = json.loads(request.body) if request is not None and request.body else {}
    except ValueError:
        return []  # the service refuses it by itself
    return [entry for entry in said.get("Entries", []) if isinstance(entry, dict)]
