"""A shadow is asked once, and what it says against a request is written down."""

from __future__ import annotations

from functions.mirror import ask
from tests.tidegate.models.test_front import NEW, Versions, said


def test_a_shadow_is_asked_once_whatever_it_says() -> None:
    fine, broken = Versions(), Versions(v2=said(500))
    assert ask(fine, NEW, b"{}") == {"said": ""}
    assert "ModelError" in ask(broken, NEW, b"{}")["said"]
    assert fine.asked == broken.asked == [NEW]
