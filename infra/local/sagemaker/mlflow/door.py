"""MLflow's own REST calls, signed for `sagemaker-mlflow`, on their way to the server that a header names.

https://docs.aws.amazon.com/sagemaker/latest/dg/mlflow-create-tracking-server-iam.html lists the actions.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from infra.local.sagemaker.faults import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.local.sagemaker.mlflow.servers import TrackingServers

SERVICE = "sagemaker-mlflow"
ARN_HEADER = "x-mlflow-sm-tracking-server-arn"
SECONDS = 60
_PATH = re.compile(r"/(?:ajax-)?api/[0-9.]+/mlflow/(.+)")
# calls whose action is not said by their path, turned around: runs/create is CreateRun
_NAMED = {
    "experiments/get-by-name": "GetExperimentByName",
    "experiments/set-experiment-tag": "SetExperimentTag",
    "runs/log-metric": "LogMetric",
    "runs/log-batch": "LogBatch",
    "runs/log-model": "LogModel",
    "runs/log-inputs": "LogInputs",
    "runs/log-parameter": "LogParam",
    "runs/set-tag": "SetTag",
    "runs/delete-tag": "DeleteTag",
    "runs/search": "SearchRuns",
    "experiments/search": "SearchExperiments",
    "metrics/get-history": "GetMetricHistory",
    "artifacts/list": "ListArtifacts",
    "registered-models/search": "SearchRegisteredModels",
    "registered-models/get-latest-versions": "GetLatestModelVersions",
    "registered-models/set-tag": "SetRegisteredModelTag",
    "registered-models/delete-tag": "DeleteRegisteredModelTag",
    "model-versions/search": "SearchModelVersions",
    "model-versions/delete-tag": "DeleteModelVersionTag",
    "model-versions/transition-stage": "TransitionModelVersionStage",
    "model-versions/get-download-uri": "GetDownloadURIForModelVersionArtifacts",
}
_NOUNS = {
    "experiments": "Experiment",
    "runs": "Run",
    "registered-models": "RegisteredModel",
    "model-versions": "ModelVersion",
}
_DROPPED = {"host", "content-length", "connection", "authorization", "transfer-encoding", "accept-encoding"}


def action(path: str) -> str:
    """The IAM action of a call: that of the page for whatever has none of its own."""
    found = _PATH.fullmatch(path)
    if found is None:
        return f"{SERVICE}:AccessUI"
    noun, _, verb = found[1].partition("/")
    plain = verb in ("create", "get", "update", "delete", "restore", "rename") and noun in _NOUNS
    name = _NAMED.get(found[1]) or (f"{verb.title()}{_NOUNS[noun]}" if plain else "AccessUI")
    return f"{SERVICE}:{name}"


async def forward(  # noqa: PLR0917 - MiniStack hands a request over in so many parts
    servers: TrackingServers,
    method: str,
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, Any],
) -> tuple[int, dict[str, str], bytes]:
    """MLflow's own answer, or the reason why it cannot be asked."""
    try:
        address = servers.address(servers.get(headers.get(ARN_HEADER, "none")))
    except ApiError as error:
        said = {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": error.what}
        return 404, {"Content-Type": "application/json"}, json.dumps(said).encode()
    target = f"{path}?{urlencode(query, doseq=True)}" if query else path
    kept = {name: value for name, value in headers.items() if name not in _DROPPED and "amz" not in name}
    return await asyncio.to_thread(_ask, urlsplit(address).netloc, method, target, kept, body)


def _ask(
    address: str, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(address, timeout=SECONDS)
    try:
        connection.request(method, target, body=body or None, headers=dict(headers))
        said = connection.getresponse()
        kind = said.getheader("Content-Type", "application/json")
        return said.status, {"Content-Type": kind}, said.read()
    finally:
        connection.close()
