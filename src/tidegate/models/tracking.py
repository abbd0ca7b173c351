"""Logs a training to managed MLflow: its parameters, its scores, and what it was made of.

MLflow's REST API over HTTP, signed as AWS's plugin for MLflow signs it (`sagemaker-mlflow`): its client would
weigh more than a function may. https://mlflow.org/docs/latest/rest-api.html
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from tidegate import aws
from tidegate.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tidegate.models.run import Run

OFF = "off"
SERVICE = "sagemaker-mlflow"
LONGEST_TAG = 5000
WITHIN_SECONDS = 25.0  # all calls together: the gate has a minute, and its verdict counts


class Mlflow:
    """The tracking server of an ARN."""

    def __init__(self, arn: str, within: float = WITHIN_SECONDS) -> None:
        self._within, self._until = within, 0.0
        self._headers = {"Content-Type": "application/json", "x-mlflow-sm-tracking-server-arn": arn}
        self._address = aws.address(f"https://{arn.split(':')[3]}.experiments.sagemaker.aws")

    def log(self, run: Run, evaluation: Mapping[str, Any], reasons: list[str]) -> str:
        """Log a run once, under its model's name; its id in MLflow.

        Raises:
            Transient: the server did not take it, or not in time.
        """
        self._until = time.monotonic() + self._within
        experiment = self._experiment(run.model)
        wanted = {"experiment_ids": [experiment], "filter": f"tags.run = '{run.run}'", "max_results": 1}
        if known := self._call("runs/search", wanted).get("runs"):
            return str(known[0]["info"]["run_id"])
        now = int(time.time() * 1000)
        made = {"experiment_id": experiment, "run_name": run.run, "start_time": now}
        run_id = str(self._call("runs/create", made)["run"]["info"]["run_id"])
        self._call("runs/log-batch", {"run_id": run_id, **batch(run, evaluation, reasons, now)})
        self._call("runs/update", {"run_id": run_id, "status": "FINISHED", "end_time": now})
        return run_id

    def _experiment(self, name: str) -> str:
        status, said = self._ask(f"experiments/get-by-name?experiment_name={name}", None)
        if status == 404:
            return str(self._call("experiments/create", {"name": name})["experiment_id"])
        self._check(status, said, "experiments/get-by-name")
        return str(json.loads(said)["experiment"]["experiment_id"])

    def _call(self, path: str, request: Mapping[str, Any]) -> Any:
        status, said = self._ask(path, request)
        self._check(status, said, path)
        return json.loads(said)

    def _ask(self, path: str, request: Mapping[str, Any] | None) -> tuple[int, bytes]:
        left = self._until - time.monotonic()
        if left <= 0:
            what = f"the calls before it took the {self._within:g} s that all of them have"
            raise Transient(
                f"MLflow's {path}", what, "The training goes on; see how the tracking server does"
            )
        method, body = ("GET", b"") if request is None else ("POST", json.dumps(request).encode())
        url = f"{self._address}/api/2.0/mlflow/{path}"
        return aws.send(SERVICE, method, url, body, self._headers, seconds=left)

    def _check(self, status: int, said: bytes, path: str) -> None:
        if status != 200:
            raise Transient(
                f"MLflow's {path}",
                f"it answered {status}: {said[:300].decode(errors='replace')}",
                "The training goes on; see whether the tracking server is active",
            )


def batch(run: Run, evaluation: Mapping[str, Any], reasons: list[str], now: int) -> dict[str, Any]:
    """What is logged of a run: MLflow's parameters, metrics and tags."""
    scores, champion = evaluation.get("challenger") or {}, evaluation.get("champion") or {}
    metrics = {name: value for name, value in scores.items() if isinstance(value, int | float)}
    metrics |= {
        f"champion_{name}": value for name, value in champion.items() if isinstance(value, int | float)
    }
    tags = {"run": run.run, "cause": run.cause.get("kind", ""), "code": run.code, "prefix": run.prefix}
    tags |= {f"snapshot.{name}": snapshot for name, snapshot in run.tables.items()}
    tags |= {f"contract.{name}": contract for name, contract in run.contracts.items()}
    tags |= {"passed": str(not reasons).lower(), "reasons": "; ".join(reasons)}
    tags |= {"sha256": evaluation["sha256"]} if "sha256" in evaluation else {}
    parameters = {"seed": run.seed, "instance_type": run.instance_type, "image": run.image}
    return {
        "params": [{"key": key, "value": value} for key, value in parameters.items()],
        "metrics": [
            {"key": key, "value": value, "timestamp": now, "step": 0} for key, value in metrics.items()
        ],
        "tags": [{"key": key, "value": str(value)[:LONGEST_TAG]} for key, value in tags.items()],
    }
