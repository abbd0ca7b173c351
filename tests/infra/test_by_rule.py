"""Where a rule approves in a person's place, the function may say so, and read what serves; else not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from infra import app
from tests.infra.test_mlflow import statements
from tidegate.models.ways import ByPerson, ByRule
from tidegate.plan import plan

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.models.ways import Approval

pytestmark = pytest.mark.system


@pytest.mark.parametrize(
    ("approval", "may"),
    [
        (ByPerson(), {"SayFacts"}),
        (ByRule(), {"SayFacts", "ApproveByRule", "ReadTheRecord", "UseTheKey", "SeeWhoHoldsIt"}),
    ],
)
def test_only_a_rule_needs_the_registry_and_the_record(
    tmp_path: Path, approval: Approval, may: set[str]
) -> None:
    known = plan()
    models = {name: replace(model, approval=approval) for name, model in known.models.items()}
    app.build("laptop", replace(known, models=models), tmp_path / "staging", str(tmp_path / "out")).synth()
    (written,) = (tmp_path / "out").glob("*serving.template.json")
    resources = json.loads(written.read_text())["Resources"]
    ours = {name: one for name, one in resources.items() if name.startswith("Approve")}
    found = {one["Sid"] for one in statements(ours)}
    assert found - {"WriteItsLog", "KeepWhatItFailedOn"} == may
