"""The command as a person types it, against a deployed place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.cli import main as command

if TYPE_CHECKING:
    import pytest

    from infra.cli.place import Place


@dataclass(frozen=True)
class Typed:
    """Types a command; each call gives its exit code and its document."""

    _capsys: pytest.CaptureFixture[str]

    @classmethod
    def against(
        cls, place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> Typed:
        """With the environment of the place's local cloud."""
        assert place.cloud
        for name, value in place.cloud.environment().items():
            monkeypatch.setenv(name, value)
        return cls(capsys)

    def __call__(self, *words: str) -> tuple[int, Any]:
        self._capsys.readouterr()
        code = command.main([*words, "--json"])
        return code, json.loads(self._capsys.readouterr().out)
