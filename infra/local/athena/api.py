"""Athena's operations on query executions, as its JSON protocol says them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

from infra.local.athena import executions, results
from infra.local.athena.engine import Query
from tidegate.errors import BadRequest
from tidegate.lake import layout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.athena.access import Access

JsonObject = dict[str, Any]
_PAGE = 1000


class Workgroups(Protocol):
    """Whoever keeps the workgroups."""

    def configuration(self, name: str) -> Mapping[str, Any] | None:
        """The workgroup's Configuration; None when there is no such workgroup, or it is disabled."""
        ...


@dataclass(frozen=True)
class Caller:
    """Who asks: his access, his account and region, and the workgroups he sees."""

    access: Access
    scope: str
    workgroups: Workgroups


def _bad(what: str) -> BadRequest:
    return BadRequest("Athena", what, "Compare with Athena's API reference")


class Api:
    """The operations, by name."""

    def __init__(self) -> None:
        self.executions = executions.Executions()
        self.operations = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "GetQueryResults": self._results,
            "StopQueryExecution": self._stop,
            "ListQueryExecutions": self._list,
            "BatchGetQueryExecution": self._batch,
            "GetQueryRuntimeStatistics": self._statistics,
        }

    def call(self, operation: str, request: JsonObject, caller: Caller) -> JsonObject:
        """Answer one call.

        Raises:
            BadRequest: Athena would answer InvalidRequestException.
        """
        return self.operations[operation](request, caller)

    def _start(self, request: JsonObject, caller: Caller) -> JsonObject:
        workgroup = request.get("WorkGroup", "primary")
        configuration = caller.workgroups.configuration(workgroup)
        if configuration is None:
            raise _bad(f"WorkGroup {workgroup} is not found")
        destination = _destination(request, configuration)
        cutoff = configuration.get("BytesScannedCutoffPerQuery")
        query = Query(
            sql=request.get("QueryString", ""),
            database=request.get("QueryExecutionContext", {}).get("Database", "default"),
            parameters=tuple(request.get("ExecutionParameters", ())),
            scan_limit=int(cutoff) if cutoff else None,
        )
        made = executions.new(query, workgroup, destination, caller.scope)
        token = request.get("ClientRequestToken", "")
        return {"QueryExecutionId": self.executions.start(made, caller.access, token).id}

    def _find(self, request: JsonObject, caller: Caller) -> executions.Execution:
        asked = request.get("QueryExecutionId", "")
        found = self.executions.find(asked, caller.scope)
        if found is None:
            raise _bad(f"QueryExecution {asked} was not found")
        return found

    def _get(self, request: JsonObject, caller: Caller) -> JsonObject:
        return {"QueryExecution": self._find(request, caller).describe()}

    def _results(self, request: JsonObject, caller: Caller) -> JsonObject:
        found = self._find(request, caller)
        if found.state != "SUCCEEDED":
            raise _bad(
                f"Query has not yet finished. Current state: {found.state}" + f". {found.reason}".rstrip(". ")
            )
        offset, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or _PAGE)
        if not 1 <= size <= _PAGE:
            raise _bad(f"MaxResults is more than maximum allowed length {_PAGE}")
        if found.result is None:
            raise _bad(f"the results of {found.id} are no longer kept; read {found.output}")
        if offset == 0:
            _may_read(caller.access, found.output)
        return results.page(found.result, offset, size)

    def _stop(self, request: JsonObject, caller: Caller) -> JsonObject:
        self.executions.stop(self._find(request, caller))
        return {}

    def _list(self, request: JsonObject, caller: Caller) -> JsonObject:
        ids = self.executions.of_workgroup(request.get("WorkGroup", "primary"), caller.scope)
        offset, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 50)
        answer: JsonObject = {"QueryExecutionIds": ids[offset : offset + size]}
        if offset + size < len(ids):
            answer["NextToken"] = str(offset + size)
        return answer

    def _batch(self, request: JsonObject, caller: Caller) -> JsonObject:
        asked = request.get("QueryExecutionIds", [])
        found = {one: self.executions.find(one, caller.scope) for one in asked}
        return {
            "QueryExecutions": [one.describe() for one in found.values() if one is not None],
            "UnprocessedQueryExecutionIds": [
                {"QueryExecutionId": one, "ErrorCode": "INVALID_INPUT", "ErrorMessage": "not found"}
                for one, execution in found.items()
                if execution is None
            ],
        }

    def _statistics(self, request: JsonObject, caller: Caller) -> JsonObject:
        found = self._find(request, caller)
        timeline = found.describe()["Statistics"]
        rows = found.result.rows.num_rows if found.result else 0
        return {
            "QueryRuntimeStatistics": {
                "Timeline": {key: value for key, value in timeline.items() if key.endswith("Millis")},
                "Rows": {"InputBytes": found.scanned, "OutputRows": rows},
            }
        }


def _destination(request: JsonObject, configuration: Mapping[str, Any]) -> results.Destination:
    """The workgroup's place when it is enforced or nothing else is said, else the request's."""
    own = configuration.get("ResultConfiguration") or {}
    asked = request.get("ResultConfiguration") or {}
    enforced = configuration.get("EnforceWorkGroupConfiguration", True) and own.get("OutputLocation")
    chosen = own if enforced or not asked.get("OutputLocation") else asked
    location = chosen.get("OutputLocation", "")
    if not location.startswith("s3://"):
        raise _bad(
            "No output location provided. An output location is required either through the Workgroup result "
            "configuration setting or as an API input"
        )
    return results.Destination(location.rstrip("/") + "/", dict(chosen.get("EncryptionConfiguration") or {}))


def _may_read(access: Access, uri: str) -> None:
    bucket, key = layout.split_uri(uri)
    try:
        access.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        raise _bad(f"Could not read the results at {uri}: {error}") from error
