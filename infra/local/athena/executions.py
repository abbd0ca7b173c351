"""The life of a query, from start to its result: states, statistics, stopping, on a pool of threads."""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb
from botocore.exceptions import BotoCoreError, ClientError
from pyiceberg.exceptions import NoSuchTableError

from infra.local.athena import engine
from infra.local.athena.failures import QueryFailed, ScanLimitExceeded
from infra.local.athena.statement import Kind, read

if TYPE_CHECKING:
    from infra.local.athena.access import Access
    from infra.local.athena.results import Destination

_FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
_RESULTS_KEPT = 64


@dataclass
class Execution:
    """One query execution as GetQueryExecution shows it."""

    id: str
    query: engine.Query
    workgroup: str
    destination: Destination
    statement_type: str = "DML"
    substatement_type: str = "SELECT"
    extension: str = "csv"
    state: str = "QUEUED"
    reason: str = ""
    submitted: float = field(default_factory=time.time)
    completed: float | None = None
    scanned: int = 0
    result: engine.Result | None = None
    connection: duckdb.DuckDBPyConnection | None = None
    scope: str = ""  # account and region

    @property
    def output(self) -> str:
        """Where the result lies."""
        return self.destination.of(self.id, self.extension)

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in _FINAL

    def describe(self) -> dict[str, Any]:
        """Athena's QueryExecution."""
        took = int(((self.completed or time.time()) - self.submitted) * 1000)
        result: dict[str, Any] = {"OutputLocation": self.output}
        if self.destination.encryption:
            result["EncryptionConfiguration"] = self.destination.encryption
        described = {
            "QueryExecutionId": self.id,
            "Query": self.query.sql,
            "StatementType": self.statement_type,
            "SubstatementType": self.substatement_type,
            "ResultConfiguration": result,
            "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": {"Enabled": False}},
            "QueryExecutionContext": {"Database": self.query.database, "Catalog": "awsdatacatalog"},
            "Status": self._status(),
            "Statistics": {
                "EngineExecutionTimeInMillis": took,
                "DataScannedInBytes": self.scanned,
                "TotalExecutionTimeInMillis": took,
                "QueryQueueTimeInMillis": 0,
                "ServiceProcessingTimeInMillis": 0,
                "ResultReuseInformation": {"ReusedPreviousResult": False},
            },
            "WorkGroup": self.workgroup,
            "EngineVersion": {
                "SelectedEngineVersion": "AUTO",
                "EffectiveEngineVersion": "Athena engine version 3",
            },
        }
        if self.query.parameters:
            described["ExecutionParameters"] = list(self.query.parameters)
        return described

    def _status(self) -> dict[str, Any]:
        status: dict[str, Any] = {"State": self.state, "SubmissionDateTime": self.submitted}
        if self.reason:
            status["StateChangeReason"] = self.reason
            status["AthenaError"] = {
                "ErrorCategory": 2,
                "ErrorType": 1006,
                "Retryable": False,
                "ErrorMessage": self.reason,
            }
        if self.completed is not None:
            status["CompletionDateTime"] = self.completed
        return status


class Executions:
    """Every query execution of this process."""

    def __init__(self, workers: int = 4) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="athena")
        self._lock = threading.Lock()
        self._by_id: dict[str, Execution] = {}
        self._by_token: dict[str, str] = {}

    def start(self, execution: Execution, access: Access, token: str) -> Execution:
        """Queue a query; the same token and query give the execution that was started first."""
        key = _token_key(execution, token)
        with self._lock:
            if key and key in self._by_token:
                return self._by_id[self._by_token[key]]
            if key:
                self._by_token[key] = execution.id
            self._by_id[execution.id] = execution
            self._forget_results()
        self._pool.submit(self._run, execution, access)
        return execution

    def _forget_results(self) -> None:
        for old in list(self._by_id.values())[:-_RESULTS_KEPT]:
            if old.finished:
                old.result = None

    def find(self, execution_id: str, scope: str) -> Execution | None:
        """The execution of this id."""
        found = self._by_id.get(execution_id)
        return found if found is not None and found.scope == scope else None

    def of_workgroup(self, workgroup: str, scope: str) -> list[str]:
        """The ids of a workgroup's executions, the newest first."""
        mine = [one for one in self._by_id.values() if one.workgroup == workgroup and one.scope == scope]
        return [one.id for one in reversed(mine)]

    def stop(self, execution: Execution) -> None:
        """Cancel it, unless it is over."""
        with self._lock:
            if not execution.finished:
                _finish(execution, "CANCELLED", "Query cancelled by user")
        if execution.connection is not None:
            execution.connection.interrupt()

    def clear(self) -> None:
        """Forget all of them."""
        with self._lock:
            self._by_id.clear()
            self._by_token.clear()

    def _run(self, execution: Execution, access: Access) -> None:
        with self._lock:
            if execution.finished:
                return
            execution.state = "RUNNING"
        try:
            self._compute(execution, access)
        except (QueryFailed, ScanLimitExceeded) as error:
            state = "CANCELLED" if isinstance(error, ScanLimitExceeded) else "FAILED"
            self._end(execution, state, str(error))
        except duckdb.InterruptException:
            self._end(execution, "CANCELLED", "Query cancelled by user")
        except (ClientError, BotoCoreError, OSError, NoSuchTableError) as error:
            self._end(execution, "FAILED", f"EXTERNAL: {error}")
        except Exception as error:  # the thread's last line: the waiting client must learn of it
            self._end(execution, "FAILED", f"INTERNAL_ERROR: {type(error).__name__}: {error}")
            raise
        finally:
            execution.connection = None

    def _compute(self, execution: Execution, access: Access) -> None:
        def started(connection: duckdb.DuckDBPyConnection) -> None:
            execution.connection = connection

        result = engine.run(execution.query, access, started)
        if execution.finished:  # stopped meanwhile
            return
        execution.scanned = result.scanned
        execution.destination.write(access, execution.output, result)
        execution.result = result
        self._end(execution, "SUCCEEDED", "")

    def _end(self, execution: Execution, state: str, reason: str) -> None:
        with self._lock:
            if not execution.finished:
                _finish(execution, state, reason)


def _finish(execution: Execution, state: str, reason: str) -> None:
    execution.reason = reason
    execution.completed = time.time()
    execution.state = state  # last: who polls reads the rest only once it is final


def _token_key(execution: Execution, token: str) -> str:
    if not token:
        return ""
    said = "\0".join(
        (execution.scope, execution.workgroup, token, execution.query.sql, *execution.query.parameters)
    )
    return hashlib.sha256(said.encode()).hexdigest()


def new(query: engine.Query, workgroup: str, destination: Destination, scope: str) -> Execution:
    """An execution that is not started yet, with its statement's type where the statement can be read."""
    execution = Execution(str(uuid.uuid4()), query, workgroup, destination, scope=scope)
    try:
        said = read(query.sql, query.parameters)
    except QueryFailed:
        return execution  # it fails with this reason when it runs, as Athena does for most mistakes
    execution.statement_type = said.statement_type
    execution.substatement_type = said.kind.value
    execution.extension = "csv" if said.kind is Kind.SELECT else "txt"
    return execution
