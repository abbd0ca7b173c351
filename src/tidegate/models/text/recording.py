"""What an endpoint of text remembers of an answer that ended, however it ended: its metrics, its line."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from tidegate.models.captures import lines
from tidegate.models.recording import Recording
from tidegate.models.text.writing import UNFINISHED

if TYPE_CHECKING:
    from tidegate.contract.declare import Dataset
    from tidegate.models.text.declare import TextModel
    from tidegate.models.text.writing import Writing

MOST_KEPT = 4000  # characters of a text; its line says how many bytes it had
PROMPT, TEXT = "prompt", "text"


class TextRecording(Recording):
    """Remembers the texts of one version."""

    def wrote(self, writing: Writing) -> None:
        """Remember an answer, or what there is of it."""
        if writing.ended in UNFINISHED:
            self._measuring.unfinished()
        else:
            self._measuring.answered([writing.score])
        if writing.first is not None:
            self._measuring.streamed(writing.pieces, 1000 * (writing.first - writing.began))
        if self._chance() < self._sampled:
            self._keep(writing)

    def _keep(self, writing: Writing) -> None:
        at, moment = self._now()
        text = {TEXT: writing.body.decode(errors="replace")[:MOST_KEPT]}
        told = lines(
            identity=writing.identity,
            moment=moment,
            version=self._version,
            rows=[self._impersonal(asdict(writing.asked))],
            features=[{}],
            scores=[writing.score],
            ended=writing.ended,
            bytes=len(writing.body),
            **self._impersonal(text),
        )
        self._capturing.keep(b"".join(told), len(told), at)


def personal_of(model: TextModel, request: Dataset) -> frozenset[str]:
    """Who learned from personal texts is asked with such, and may write them: neither is kept."""
    return frozenset({PROMPT, TEXT}) if model.column in request.personal() else frozenset()
