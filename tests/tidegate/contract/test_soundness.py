"""A badly declared dataset fails where it is declared, with a hint."""

from typing import Annotated

import pandera.polars as pa
import polars as pl
import pytest

from tidegate.contract.declare import Csv, Dataset, Grain, Partition, column
from tidegate.errors import ContractMistake


class Row(pa.DataFrameModel):
    key: int = column()
    late: int = column(known_after="later")
    maybe: str = column(nullable=True)
    day: pl.Date = column(nullable=True)


class Hidden(pa.DataFrameModel):
    key: int = column()
    spaced: int = column(alias="two words")


class Twins(pa.DataFrameModel):
    key: int = column()
    Key: int = column()


class Fine(pa.DataFrameModel):
    key: int = column()
    at: Annotated[pl.Datetime, "ns", "UTC"] = column()


class Bare(pa.DataFrameModel):
    pass


SOUND = {"name": "things", "description": "", "row": Row, "key": ("key",), "moments": ("first", "later")}


def test_a_sound_declaration_passes():
    assert Dataset(**SOUND).known_by("first") == ("key", "maybe", "day")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Things"}, "no name for a dataset"),
        ({"name": "../x"}, "no name for a dataset"),
        ({"moments": ("first",)}, "'late' is known after 'later'"),
        ({"moments": ("first",)}, r"Its moments are: first\. Another one is added by its `moments=\(…\)`"),
        ({"moments": ("first", "first", "later")}, "repeat"),
        ({"key": (), "unique_across_files": True}, "no key that could be unique across files"),
        ({"key": ("nokey",)}, "'nokey', which is no column"),
        ({"key": ("maybe",)}, "may be null"),
        ({"key": ("late",)}, "known late"),
        ({"row": Hidden}, "'two words' is no name"),
        ({"row": Bare}, "no columns"),
        ({"row": Twins}, "case of its letters"),
        ({"row": Fine}, "nanoseconds"),
        ({"partition": Partition(column="nowhere", grain=Grain.DAY)}, "'nowhere', which is no column"),
        ({"partition": Partition(column="key", grain=Grain.DAY)}, "Date or Datetime"),
        ({"partition": Partition(column="day", grain=Grain.DAY)}, "may be null"),
        ({"published": Row}, "no `transform`"),
        ({"reads": Csv(delimiter='"')}, "cannot part columns"),
        ({"reads": Csv(delimiter="ab")}, "cannot part columns"),
        ({"reads": Csv(null_values="NA")}, "one text"),  # type: ignore[arg-type]
    ],
)
def test_a_mistake_is_named_where_it_is_made(change, words):
    with pytest.raises(ContractMistake, match=words) as mistake:
        Dataset(**{**SOUND, **change})
    assert mistake.value.next_step
