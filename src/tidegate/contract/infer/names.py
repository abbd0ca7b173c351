"""Names that Python, Iceberg and Athena can have, for columns that a file calls whatever it likes."""

from __future__ import annotations

import keyword
import re
import unicodedata
from typing import TYPE_CHECKING

import pandera.polars as pa

if TYPE_CHECKING:
    from collections.abc import Iterable

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,59}")
_SIGNS = {
    "€": " eur ",
    "$": " usd ",
    "£": " gbp ",
    "%": " percent ",
    "#": " number ",
    "&": " and ",
    "ß": "ss",
}
# what a model has already, and what the annotations of its columns are written with
_TAKEN = {
    *dir(pa.DataFrameModel),
    "int",
    "float",
    "str",
    "bool",
    "column",
    "datetime",
    "pa",
    "pl",
    "Annotated",
}


def names_of(headers: Iterable[str]) -> tuple[str, ...]:
    """A name for each column: its own where that is one, else a tidy one; no two the same but for case."""
    names: list[str] = []
    used: set[str] = set()
    for at, header in enumerate(headers, 1):
        wanted = header if is_name(header) else _tidy(header) or f"column_{at}"
        name, number = wanted, 2
        while name.casefold() in used:
            name, number = f"{wanted}_{number}", number + 1
        used.add(name.casefold())
        names.append(name)
    return tuple(names)


def is_name(text: str) -> bool:
    """Whether a column can be called so."""
    return bool(_NAME.fullmatch(text)) and not keyword.iskeyword(text) and text not in _TAKEN


def dataset_name(file: str) -> str:
    """What a dataset of such a file may be called: `2013-01 Sales.csv.gz` gives `sales`."""
    stem = file.lower().rsplit("/", 1)[-1].partition(".")[0]
    words = [word for word in re.split(r"[^a-z]+", _plain(stem)) if word]
    name = "_".join(words)[:40]
    return name if name and not keyword.iskeyword(name) else f"{name or 'dropped'}_files"


def _plain(text: str) -> str:
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _tidy(header: str) -> str:
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", _plain(header))
    name = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")[:60].rstrip("_")
    if name[:1].isdigit():
        name = f"n_{name}"
    return name if not name or is_name(name) else f"{name}_"
