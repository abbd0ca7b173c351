"""What a step of a pipeline is told has the names that the registry's versions have."""

from __future__ import annotations

from tests.tidegate.models.test_gating import RUN, champion, evaluation
from tidegate.models.gating import package_request
from tidegate.models.piped import property_names


def test_every_property_of_a_version_has_a_name_that_a_pipeline_can_ask_for() -> None:
    told = package_request("laptop", RUN, evaluation(**champion()), "{}")["CustomerMetadataProperties"]
    assert set(told) == set(property_names(RUN.tables))
