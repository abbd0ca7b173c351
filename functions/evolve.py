"""A stack is deployed: create the Iceberg table that a contract asks for, or let it grow.

CloudFormation calls this as a custom resource. Deleting that keeps the table: data outlives its stack.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger

from tidegate.errors import TidegateError
from tidegate.lake import tables
from tidegate.lake.answer import answer
from tidegate.plan import TableSpec

logger = Logger(service="evolve")


def handler(event: dict[str, Any], context: Any) -> None:  # noqa: ARG001 - Lambda passes it
    """Answer a custom resource's Create, Update or Delete; whatever happens, it is answered."""
    resource = event.get("PhysicalResourceId") or physical_id(event["ResourceProperties"])
    try:
        data = {} if event["RequestType"] == "Delete" else evolve(event["ResourceProperties"])
    except TidegateError as refusal:
        logger.warning("table refused", reason=str(refusal))
        answer(event, resource, failed=str(refusal))
    except Exception as error:
        answer(event, resource, failed=f"{type(error).__name__}: {error}")
        raise
    else:
        answer(event, resource, data=data)


def evolve(properties: dict[str, Any]) -> dict[str, str]:
    """Make the table what the properties say: `spec`, `database`, `location`."""
    spec = TableSpec.from_json(json.loads(properties["spec"]))
    table = tables.create_or_evolve(tables.catalog(), properties["database"], properties["location"], spec)
    return {"Table": spec.name, "Location": table.location(), "Schema": str(table.schema().schema_id)}


def physical_id(properties: dict[str, Any]) -> str:
    """The table's name: stable, so that an update never looks like a replacement."""
    return f"{properties['database']}.{json.loads(properties['spec'])['name']}"
