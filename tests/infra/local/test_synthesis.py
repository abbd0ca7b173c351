from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from infra.local import assembly, synthesis
from tests.house.source import ROOT
from tidegate.errors import ContractMistake, Mistake

if TYPE_CHECKING:
    from pathlib import Path

APP = """
import aws_cdk as cdk
from aws_cdk import aws_ssm as ssm

app = cdk.App()
stack = cdk.Stack(app, "small", env=cdk.Environment(account="000000000000", region="eu-west-1"))
ssm.StringParameter(stack, "P", string_value=app.node.get_context("environment"))
app.synth()
"""


def test_an_app_is_synthesised_with_the_node_of_pypi_and_only_when_it_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "app.py").write_text(APP)
    output = synthesis.synthesise(tmp_path / "out", root=tmp_path)
    (plan,) = assembly.stacks(output)
    assert any(r.get("Properties", {}).get("Value") == "laptop" for r in plan.template["Resources"].values())
    made = (output / "manifest.json").stat().st_mtime_ns
    synthesis.synthesise(output, root=tmp_path)
    assert (output / "manifest.json").stat().st_mtime_ns == made

    (tmp_path / "infra" / "app.py").write_text("raise SystemExit('no such environment')")
    with pytest.raises(Mistake, match="no such environment"):
        synthesis.synthesise(output, root=tmp_path)
    assert assembly.stacks(output), "a synthesis that fails leaves the last one as it was"


def test_two_at_once_synthesise_once(tmp_path: Path) -> None:
    (tmp_path / "infra").mkdir()
    count = "from pathlib import Path\nwith Path('runs').open('a') as runs:\n    runs.write('.')\n"
    (tmp_path / "infra" / "app.py").write_text(count + APP)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(synthesis.synthesise, tmp_path / "out", root=tmp_path) for _ in range(2)]
    assert all(len(assembly.stacks(one.result())) == 1 for one in asked)
    assert (tmp_path / "runs").read_text() == "."


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What a synthesis reads, as a copy that a test may spoil."""
    for name in synthesis.INPUTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def spoil(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


def test_what_is_declared_wrongly_is_told_in_its_own_sentence_and_the_trace_stands_behind_it(
    checkout: Path,
) -> None:
    model = checkout / "pipelines" / "flight_delay" / "__init__.py"
    spoil(model, "model = Model(", "from tidegate.models.ways import Serverless\n\nmodel = Model(")
    spoil(model, "model = Model(", "model = Model(\n    serving=Serverless(memory_mb=3000),")
    with pytest.raises(ContractMistake) as raised:
        synthesis.synthesise(checkout / "out", root=checkout)
    told = raised.value
    assert (told.where, told.what) == ("pipelines/flight_delay/__init__.py", "serving: 3000 MB")
    assert told.next_step.startswith("Take one of 1024, ")
    assert "Traceback" in str(told.__cause__)
