"""The resources of requests to Glue, Athena, CodeBuild and CloudWatch, where MiniStack names others than AWS.

Sources: "Actions, resources, and condition keys for AWS Glue", "… for Amazon Athena" (service authorization
reference), and "Specifying AWS Glue resource ARNs": a table needs its database and the catalogue too.
"""

from __future__ import annotations

import json
from typing import Any

from ministack.core import iam_actions

Json = dict[str, Any]
_OF_TABLES = ("Table", "Tables", "TableVersion", "TableVersions", "Partition", "Partitions", "Indexes")


def _extract(service: str, method: str, path: str, *rest: Any) -> str:
    headers, body, query, region, account = rest
    if service == "monitoring" and (alarm := _alarm(headers, body, query)):
        return f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}"
    if service in ("glue", "athena", "codebuild"):
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            request = {}
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        found = _named(service, operation, request)
        if found:
            return f"arn:aws:{service}:{region}:{account}:{found}"
    answer: str = _theirs(service, method, path, *rest)
    return answer


def _named(service: str, operation: str, request: Json) -> str:
    if service == "glue":
        return _glue(operation, request)
    if service == "codebuild":  # a build is asked for as its project's, which begins its id
        builds = request.get("ids", []) if operation == "BatchGetBuilds" else []
        return "".join(f"project/{build.rpartition('/')[2].partition(':')[0]}" for build in builds[:1])
    if "WorkGroup" in operation:
        return f"workgroup/{request.get('WorkGroup') or request.get('Name') or '*'}"
    if "Query" in operation and "Named" not in operation:
        return f"workgroup/{request.get('WorkGroup') or _workgroup_of(request)}"
    return ""


def _alarm(headers: Json, body: bytes, query: Json) -> str:
    """The first of the alarms that DescribeAlarms names, as JSON or as a query."""
    asked = headers.get("x-amz-target", "") + "".join(query.get("Action", []))
    if not asked.endswith("DescribeAlarms"):
        return ""
    if headers.get("x-amz-target"):
        names = json.loads(body or b"{}").get("AlarmNames", [])
    else:
        names = query.get("AlarmNames.member.1", [])
    return str(names[0]) if names else ""


def _workgroup_of(request: Json) -> str:
    """AWS asks about the workgroup that the execution belongs to."""
    from infra.local.athena import plug

    ids = [request.get("QueryExecutionId"), *request.get("QueryExecutionIds", [])]
    groups = [plug.workgroup_of(one) for one in ids if one]
    return next((group for group in groups if group), "primary")


def _glue(operation: str, request: Json) -> str:
    if operation.endswith("Databases"):
        return "catalog"
    if operation.endswith("Database"):
        name = request.get("Name") or request.get("DatabaseInput", {}).get("Name", "")
        return f"database/{name}"
    if operation.endswith(_OF_TABLES):
        table = (
            request.get("TableName")
            or request.get("Name")
            or request.get("TableInput", {}).get("Name")
            or "*"
        )
        return f"table/{request.get('DatabaseName', '*')}/{table}"
    return ""


def parents(resource: str) -> list[str]:
    """What else the same action must be allowed on: of a table its database, of both the catalogue."""
    head, _, name = resource.rpartition(":")
    if not resource.startswith("arn:aws:glue:") or "/" not in name:
        return []
    kind, _, rest = name.partition("/")
    if kind == "table":
        return [f"{head}:database/{rest.partition('/')[0]}", f"{head}:catalog"]
    return [f"{head}:catalog"] if kind == "database" else []


_theirs = iam_actions.extract_resource_arn


def install() -> None:
    """Put ourselves before MiniStack's naming of resources."""
    global _theirs  # noqa: PLW0603 - whoever was plugged in before us stays behind us
    _theirs = iam_actions.extract_resource_arn
    iam_actions.extract_resource_arn = _extract
