"""What a request of the example model costs: `python -m tests.benchmarks.serving.flights`.

`flight_delay` makes its features in a function, of weather and aircraft that it looks up in DynamoDB (here
the local cloud's, on another core). One row a request, asked of what answers in an endpoint, without the web
around it: microseconds of processor of this process, of the whole and of each part, the least of some rounds.
The same with every row judged by the compiled contract is its peer.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local import cloud as local
from tests.clouds import free_port
from tests.pipelines import real
from tests.tidegate.models.lookup_items import make_table, put_all
from tests.tidegate.models.test_gating import RUN
from tidegate import find
from tidegate.contract.requests import check_rows
from tidegate.models.onnx_model import load
from tidegate.models.serving import parts
from tidegate.models.snapshot import known_columns
from tidegate.models.train import Material, train
from tidegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tidegate.models.answer import Answerer
    from tidegate.models.onnx_model import OnnxModel

MODEL, CONTRACT = find.model("flight_delay"), find.dataset("flights")
COLUMNS = CONTRACT.known_by(MODEL.known_by)
BY_CONTRACT = "the same, each row judged by the compiled contract"
ROUNDS = 5


def main(*, small: bool) -> None:
    """Train, fill the lookup table, ask, print; a small one only tries the way."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="tidegate-flights-") as folder:
        onnx = _trained(Path(folder), 4_000 if small else 20_000)
        os.sched_setaffinity(0, {cores[-1]})  # which the cloud inherits
        started = local.start(Path(folder) / "cloud", free_port(), wait_seconds=90)
        try:
            client = started.client("dynamodb")
            table = make_table(client)
            put_all(client, table, MODEL.lookups, real.lookups(), days=3)
            os.environ.update(started.environment())
            os.sched_setaffinity(0, {cores[0]})
            taken = measured(_answerer(onnx, table), _requests(2 if small else 200))
        finally:
            local.stop(Path(folder) / "cloud")
    sys.stdout.write(_table(taken))


def measured(answerer: Answerer, rows: list[dict[str, Any]]) -> dict[str, float]:
    """Microseconds of processor, of the whole and of each part by itself."""
    many = range(len(rows))
    bodies = [json.dumps(row).encode() for row in rows]
    keys = [MODEL.lookup_keys(_frame(row)) for row in rows]
    found = [answerer.fetch(key) for key in keys]
    frames = [_frame(row) for row in rows]
    by_contract = replace(answerer, typed=None)
    return {
        "a request": _least(many, lambda at: answerer.answer(bodies[at], "")),
        BY_CONTRACT: _least(many, lambda at: by_contract.answer(bodies[at], "")),
        "its two lookups": _least(many, lambda at: answerer.fetch(keys[at])),
        "its features": _least(many, lambda at: MODEL.features(frames[at], found[at])),
    }


def _least(many: range, call: Callable[[int], Any]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for at in many:
            call(at)
        taken.append((time.process_time() - began) / len(many) * 1e6)
    return min(taken)


def _trained(folder: Path, count: int) -> OnnxModel:
    known = tuple(known_columns(MODEL, CONTRACT))
    rows = real.flights().sample(count, seed=1)
    train(MODEL, RUN, Material(rows=rows, lookups=real.lookups(), known=known, sources={}), folder)
    return load(folder)


def _answerer(onnx: OnnxModel, table: str) -> Answerer:
    told = {
        "TIDEGATE_ENVIRONMENT": "laptop",
        "TIDEGATE_MODEL_VERSION": "1",
        "TIDEGATE_LOOKUP_TABLE": table,
        "TIDEGATE_ARTEFACT_BUCKET": "none",
    }
    return parts(onnx, Settings(told)).answerer


def _requests(count: int) -> list[dict[str, Any]]:
    rows = real.flights().filter(real.flights()["day"] == 2).head(count).select(COLUMNS)
    told: list[dict[str, Any]] = json.loads(
        json.dumps(rows.rows(named=True), default=lambda at: at.isoformat())
    )
    return told


def _frame(row: Mapping[str, Any]) -> Any:
    return check_rows([row], CONTRACT, COLUMNS).rows


def _table(taken: Mapping[str, float]) -> str:
    whole = taken["a request"]
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    lines = [f"| {name} | {one:,.0f} | {one / whole:.2f} |" for name, one in taken.items()]
    head = ["|  | processor, µs | to a request |", "|---|---|---|"]
    return "\n".join([f"load at the end {load}", "", *head, *lines, ""])


if __name__ == "__main__":
    main(small="--small" in sys.argv)
