"""Where a rule approves in a person's place, the function may say so, and read what serves; else not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.infra.changed import resources
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
    serving = resources(tmp_path, "serving", replace(known, models=models))
    ours = {name: one for name, one in serving.items() if name.startswith("Approve")}
    found = {one["Sid"] for one in statements(ours)}
    assert found - {"WriteItsLog", "KeepWhatItFailedOn"} == may
