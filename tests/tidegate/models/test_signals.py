"""A signal reaches the alarm that listens for it: the same metric, the same dimensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.ministack.embedded_metrics import read
from tidegate.models.signals import NAMESPACE, UNWANTED, dimensions, ring

if TYPE_CHECKING:
    import pytest


def test_whichever_function_rings_the_dimensions_are_those_of_the_alarm(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for function in ("deploy", "compare"):
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", function)
        ring("tidegate-laptop-flight-delay")
        (datum,) = read(capsys.readouterr().out)
        assert (datum.namespace, datum.name, datum.values) == (NAMESPACE, UNWANTED, (1.0,))
        assert datum.dimensions == dimensions("tidegate-laptop-flight-delay")
