"""Whether the contracts that lie here are those that are deployed: a dry run judges by the former."""

from __future__ import annotations

import io
import urllib.request
import zipfile
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tidegate.plan import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterable

    from infra.cli.place import Place


def differing(where: Place, names: Iterable[str]) -> list[str]:
    """The datasets of which the deployed function has another contract; none where none is deployed."""
    try:
        told = where.client("lambda").get_function(FunctionName=f"tidegate-{where.environment}-validate")
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return []
        raise
    with urllib.request.urlopen(told["Code"]["Location"], timeout=60) as answer:  # noqa: S310 - AWS gave it
        code = zipfile.ZipFile(io.BytesIO(answer.read()))
    there, here = Plan.from_json(code.read("plan.json").decode()), plan()
    return [name for name in sorted(set(names)) if _contract(there, name) != _contract(here, name)]


def _contract(known: Plan, name: str) -> str:
    return known.datasets[name].contract if name in known.datasets else ""
