"""From the bytes of a request to the pieces of a text: what an endpoint of text does, the web left aside."""

from __future__ import annotations

import codecs
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import orjson
import pandera.polars as pa
import polars as pl  # noqa: TC002 - the contract's types are looked up when it is read

from tidegate.contract.declare import Dataset, JsonLines, column
from tidegate.contract.requests import check_rows
from tidegate.models.answer import Rejected
from tidegate.models.text.learning import END
from tidegate.models.text.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tidegate.models.text.declare import TextModel
    from tidegate.models.text.writer import Writer

LARGEST_BODY = 100_000
PIECE = 16  # bytes that are gathered before they are sent
ASK = 'Send {"prompt": text}; "longest", "temperature", "seed" and "stream" may be left out'


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request that keeps its contract."""

    prompt: str
    longest: int  # bytes
    temperature: float
    seed: int
    stream: bool


@dataclass(frozen=True, kw_only=True)
class TextAnswerer:
    """One version of one model of text, ready to write."""

    model: TextModel
    version: int
    writer: Writer
    contract: Dataset
    clock: Callable[[], float] = time.monotonic

    def read(self, body: bytes) -> Asked | None:
        """The request, or nothing where the endpoint shall describe itself.

        Raises:
            Rejected: it is no JSON, or breaks the contract.
        """
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Rejected(400, f"it is no JSON: {error}", ASK) from error
        if not isinstance(asked, dict):
            raise Rejected(400, "it is no JSON object", ASK)
        if asked == {"describe": True}:
            return None
        row = {"longest": self.model.longest_answer, "temperature": 0.7, "seed": 0, "stream": False, **asked}
        verdict = check_rows([row], self.contract, tuple(self.contract.known_after()))
        if verdict.errors:
            broken = [asdict(error) for error in verdict.errors]
            columns = ", ".join(dict.fromkeys(str(error["column"]) for error in broken))
            raise Rejected(422, f"it breaks the contract: {columns[:300]}", ASK, broken)
        return Asked(**verdict.rows.row(0, named=True))

    def described(self) -> dict[str, Any]:
        """What answers here."""
        card = self.writer.onnx.card
        told = {"model": self.model.name, "version": self.version}
        return {**told, "run": card["run"], "sha256": card["sha256"]}

    def begins(self, asked: Asked, identity: str) -> Writing:
        """A text of which nothing is written yet."""
        return Writing(asked=asked, identity=identity, began=self.clock())

    def pieces(self, writing: Writing) -> Iterator[dict[str, Any]]:
        """The text piece by piece, and last why it ended: the model's `end`, its `length` or its `time`. The
        first of them has the answer's `id`.
        """
        named = {"id": writing.identity}
        for piece in self._pieces(writing):
            yield {**piece, **named}
            named = {}

    def _pieces(self, writing: Writing) -> Iterator[dict[str, Any]]:
        asked, until = writing.asked, writing.began + self.model.seconds
        decoder, given, ended = codecs.getincrementaldecoder("utf-8")("replace"), 0, "end"
        for one, log in self.writer.choices(
            asked.prompt.encode(), temperature=asked.temperature, seed=asked.seed, longest=asked.longest
        ):
            writing.takes(one, log)
            if one != END and self.clock() > until:
                ended = "time"
                break
            if len(writing.body) == given + PIECE:
                yield {"text": decoder.decode(bytes(writing.body[given:]))}
                given += PIECE
        else:
            ended = "length" if len(writing.body) == asked.longest else "end"
        if rest := decoder.decode(bytes(writing.body[given:]), final=True):
            yield {"text": rest}
        writing.ended = ended
        yield {"ended": ended, "bytes": len(writing.body)}

    def whole(self, writing: Writing) -> dict[str, Any]:
        """The text at once."""
        *pieces, last = self._pieces(writing)
        text = "".join(piece["text"] for piece in pieces)
        named = {"model": self.model.name, "version": self.version, "id": writing.identity}
        return {**named, "text": text, **last}


def contract_of(model: TextModel) -> Dataset:
    """What a request must keep: the model's own bounds among it."""

    class Prompt(pa.DataFrameModel):
        """A request for a text."""

        prompt: str = column(str_length={"max_value": model.longest_prompt})
        longest: pl.Int32 = column(ge=1, le=model.longest_answer)
        temperature: float = column(ge=0, le=2)
        seed: pl.Int64 = column(ge=0)
        stream: bool = column()

    return Dataset(
        name="prompt", description=f"What {model.name} is asked", row=Prompt, key=(), reads=JsonLines()
    )
