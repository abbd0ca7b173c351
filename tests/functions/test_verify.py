"""The endpoint is asked which version answers."""

from __future__ import annotations

import io
from typing import Any

import pytest

from functions.verify import verify
from tidegate.errors import Refused

PREPARED = {"endpoint": "tidegate-laptop-flight-delay", "model": "flight_delay", "version": 3}


class Runtime:
    """Stands for SageMaker's runtime in front of one version."""

    def __init__(self, version: int) -> None:
        self._version = version

    def invoke_endpoint(self, **_request: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(b'{"model": "flight_delay", "version": %d}' % self._version)}


def test_the_version_that_was_rolled_out_is_told() -> None:
    assert verify(Runtime(3), PREPARED)["version"] == 3


def test_a_roll_out_that_was_taken_back_is_no_success() -> None:
    with pytest.raises(Refused, match="version 2 of flight_delay answers, not version 3"):
        verify(Runtime(2), PREPARED)
