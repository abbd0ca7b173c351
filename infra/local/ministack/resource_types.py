"""CloudFormation types that MiniStack has the API of but cannot put into a stack, each made through that
API.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tidegate.aws import client

Properties = Mapping[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Register the types."""
    from ministack.services.cloudformation import provisioners

    provisioners._RESOURCE_HANDLERS["AWS::Events::Archive"] = {
        "create": _create_archive,
        "update": _update_archive,
        "delete": lambda name, _properties: client("events").delete_archive(ArchiveName=name),
    }
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::CompositeAlarm"] = {
        "create": lambda logical_id, properties, stack: _put_alarm(f"{stack}-{logical_id}", properties),
        "update": lambda name, _old, new, _stack: _put_alarm(name, new),
        "delete": lambda name, _properties: client("cloudwatch").delete_alarms(AlarmNames=[name]),
    }
    provisioners._RESOURCE_HANDLERS["AWS::Athena::NamedQuery"] = {
        "create": _create_query,
        "update": _replace_query,
        "delete": lambda name, _properties: client("athena").delete_named_query(NamedQueryId=name),
    }
    on_a_thread("AWS::Events::Archive", "AWS::CloudWatch::CompositeAlarm", "AWS::Athena::NamedQuery")


def on_a_thread(*types: str) -> None:
    """Provision these types on a thread: they call the server they run in, which must stay free."""
    from ministack.services.cloudformation import stacks

    before: Callable[[str], bool] = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type in types or before(resource_type)


def _create_archive(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("ArchiveName") or f"{stack}-{logical_id}"[:48]
    made = client("events").create_archive(
        ArchiveName=name, EventSourceArn=properties["SourceArn"], **_archive(properties)
    )
    return name, {"ArchiveName": name, "Arn": made["ArchiveArn"]}


def _update_archive(name: str, _old: Properties, new: Properties, _stack: str) -> Made:
    made = client("events").update_archive(ArchiveName=name, **_archive(new))
    return name, {"ArchiveName": name, "Arn": made["ArchiveArn"]}


def _archive(properties: Properties) -> dict[str, Any]:
    pattern = properties.get("EventPattern")
    made: dict[str, Any] = {"Description": properties.get("Description", "")}
    if pattern:
        made["EventPattern"] = pattern if isinstance(pattern, str) else json.dumps(pattern)
    if "RetentionDays" in properties:
        made["RetentionDays"] = int(properties["RetentionDays"])
    return made


def _put_alarm(name: str, properties: Properties) -> Made:
    name = properties.get("AlarmName") or name
    cloudwatch = client("cloudwatch")
    kept = {
        key: properties[key]
        for key in ("AlarmRule", "AlarmDescription", "AlarmActions", "OKActions", "InsufficientDataActions")
        if key in properties
    }
    enabled = str(properties.get("ActionsEnabled", True)).lower() == "true"
    cloudwatch.put_composite_alarm(AlarmName=name, ActionsEnabled=enabled, **kept)
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return name, {"Arn": alarm["AlarmArn"]}


def _create_query(logical_id: str, properties: Properties, stack: str) -> Made:
    more = {key: properties[key] for key in ("Description", "WorkGroup") if properties.get(key)}
    made = client("athena").create_named_query(
        Name=properties.get("Name", f"{stack}-{logical_id}"),
        Database=properties["Database"],
        QueryString=properties["QueryString"],
        **more,
    )
    return made["NamedQueryId"], {"NamedQueryId": made["NamedQueryId"]}


def _replace_query(name: str, _old: Properties, new: Properties, _stack: str) -> Made:
    client("athena").delete_named_query(NamedQueryId=name)
    return _create_query(name, new, _stack)
