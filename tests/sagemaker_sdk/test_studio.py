"""The export of a model: what the SDK makes of the committed facts is the committed definition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.studio import environment

pytestmark = pytest.mark.sagemaker_sdk

STUDIO = Path(__file__).parents[1] / "journeys" / "studio"


def test_the_definition_that_the_journey_runs_is_what_the_sdk_makes() -> None:
    facts = json.loads((STUDIO / "facts.json").read_text())
    made = environment.definition(facts, environment.build())
    assert made == json.loads((STUDIO / "pipeline.json").read_text())
