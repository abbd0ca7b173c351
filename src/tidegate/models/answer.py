"""From the bytes of a request to the bytes of an answer: what an endpoint does, without the web around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import orjson
import polars as pl

from tidegate.models.columns import as_named, from_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.contract.verdict import RowsVerdict
    from tidegate.models.declare import Frames, Model
    from tidegate.models.onnx_model import OnnxModel

LARGEST_BODY = 1_000_000
MOST_ROWS = 500
MOST_NAMED = 50  # breaches named in one answer
DESCRIBE = {"describe": True}

Row = dict[str, Any]
Breach = dict[str, Any]  # row, column, check, said
CheckRows = Callable[[list[Row]], "RowsVerdict"]
Straight = Callable[[Row], tuple[Any, ...] | None]
Fetch = Callable[["Frames"], Mapping[str, pl.DataFrame]]


class Rejected(Exception):
    """A request that is answered with an HTTP status of its own fault."""

    def __init__(self, status: int, what: str, next_step: str, rows: list[Breach] | None = None) -> None:
        super().__init__(what)
        self.status = status
        self.body = {
            "error": {
                "where": "the request",
                "what": what,
                "next_step": next_step,
                "rows": (rows or [])[:MOST_NAMED],
            }
        }


class Answer(NamedTuple):
    """What is sent, and what it was made from: nothing, when the endpoint described itself."""

    body: Row
    identity: str = ""
    rows: Sequence[Row] = ()  # as they came
    features: NDArray[np.float32] | None = None
    scores: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """One version of one model, ready to answer."""

    model: Model
    version: int
    onnx: OnnxModel
    check: CheckRows
    fetch: Fetch
    straight: Straight | None = None  # where a row becomes features without a frame
    typed: Straight | None = None  # where it becomes the values of the card's columns without one

    def at_once(self, body: bytes, identity: str) -> Answer | None:
        """The answer, where it is found in no time; nothing where `answer` must be asked.

        Raises:
            Rejected: the request is no JSON, or too large.
        """
        if self.straight is None:
            return None
        asked = _parse(body)
        if asked == DESCRIBE:
            return None
        rows = _rows(asked)
        read = []
        for row in rows:
            if (values := self.straight(row)) is None:
                return None  # most likely a broken row, and `answer` finds the words
            read.append(values)
        return self._told(rows, np.array(read, dtype=np.float32), identity)

    def answer(self, body: bytes, identity: str) -> Answer:
        """The answer to a request, which its `identity` names from then on.

        Raises:
            Rejected: the request is no JSON, too large, or breaks the contract.
        """
        asked = _parse(body)
        if asked == DESCRIBE:
            named = {name: self.onnx.card[name] for name in ("run", "sha256")}
            return Answer({"model": self.model.name, "version": self.version, **named})
        rows = _rows(asked)
        return self._told(rows, self._matrix(self._checked(rows)), identity)

    def _told(self, rows: list[Row], matrix: NDArray[np.float32], identity: str) -> Answer:
        scores = [round(score, 6) for score in self.onnx.scores(matrix).tolist()]
        body = {
            "model": self.model.name,
            "version": self.version,
            "id": identity,
            "predictions": [{"score": score} for score in scores],
        }
        return Answer(body, identity, rows, matrix, scores)

    def _checked(self, rows: list[Row]) -> pl.DataFrame:
        """The rows as the card has them; what is not plainly good is judged by the compiled contract."""
        if self.typed is not None:
            read = [values for row in rows if (values := self.typed(row)) is not None]
            if len(read) == len(rows):
                return from_values(read, self.onnx.card["columns"])
        verdict = self.check(rows)
        if verdict.errors:
            raise _broken([asdict(error) for error in verdict.errors])
        return as_named(verdict.rows, self.onnx.card["columns"])

    def _matrix(self, frame: pl.DataFrame) -> NDArray[np.float32]:
        try:
            keys = self.model.lookup_keys(frame)
        except pl.exceptions.PolarsError as error:
            raise _senseless(str(error)) from error
        _refuse_timeless(keys)
        features = self.model.features(frame, self.fetch(keys))
        return features.select(self.onnx.features).to_numpy().astype(np.float32)


def _parse(body: bytes) -> Row:
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Rejected(400, f"it is no JSON: {error}", 'Send {"rows": [{column: value, …}]}') from error
    if not isinstance(asked, dict):
        raise Rejected(400, "it is no JSON object", 'Send {"rows": [{column: value, …}]}')
    return asked


def _rows(asked: Row) -> list[Row]:
    rows = asked["rows"] if len(asked) == 1 and "rows" in asked else [asked]
    if not isinstance(rows, list) or set(map(type, rows)) != {dict}:
        raise Rejected(
            400, "`rows` is no list of objects with at least one in it", "Send one object for each row"
        )
    if len(rows) > MOST_ROWS:
        raise Rejected(413, f"it has {len(rows)} rows; {MOST_ROWS} are allowed", "Send fewer rows at once")
    return rows


def _refuse_timeless(keys: Frames) -> None:
    """A row whose date does not exist has no moment at which to look anything up."""
    for frame in keys.values():
        if "at" in frame.columns and frame["at"].null_count():
            rows = frame.with_row_index("row").filter(pl.col("at").is_null())["row"].to_list()
            said = "its date and time of day do not exist in the calendar"
            raise _broken([{"row": row, "column": "at", "check": "calendar", "said": said} for row in rows])


def _senseless(said: str) -> Rejected:
    return Rejected(422, f"its values cannot be read: {said}", "Send values as the contract has them")


def _broken(breaches: list[Breach]) -> Rejected:
    columns = ", ".join(dict.fromkeys(str(breach["column"]) for breach in breaches))
    places = "1 place" if len(breaches) == 1 else f"{len(breaches)} places"
    return Rejected(
        422,
        f"it breaks the contract in {places}: {columns[:300]}",
        "Correct the columns named in `rows`",
        breaches,
    )
