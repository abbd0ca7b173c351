"""The vault, a DynamoDB table: which value a token stands for. Validation writes it, people read it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from tidegate.lake.entry import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_AT_ONCE = 25  # puts of one BatchWriteItem, keys of one BatchGetItem
_SIDE_BY_SIDE = 8


@dataclass(frozen=True)
class TableVault:
    """The vault of one environment."""

    dynamodb: Any
    table: str

    def keep(self, tokens: Mapping[str, str]) -> None:
        """Keep token to value; a token always stands for the same value, so keeping it twice does no harm."""
        puts = ({"PutRequest": {"Item": _item(token, value)}} for token, value in tokens.items())
        with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
            for _ in pool.map(self._put, _some(puts)):
                pass

    def reveal(self, tokens: Iterable[str]) -> dict[str, str]:
        """What these tokens stand for; those that stand for nothing are left out."""
        found: dict[str, str] = {}
        for some in _some({"token": typed(token)} for token in dict.fromkeys(tokens)):
            asked: Any = {self.table: {"Keys": some}}
            while asked:
                answer = self.dynamodb.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self.table, ()):
                    found[item["token"]["S"]] = item["value"]["S"]
                asked = answer.get("UnprocessedKeys")
        return found

    def _put(self, puts: list[dict[str, Any]]) -> None:
        asked: Any = {self.table: puts}
        while asked:
            asked = self.dynamodb.batch_write_item(RequestItems=asked).get("UnprocessedItems")


def _item(token: str, value: str) -> dict[str, dict[str, str]]:
    return {"token": typed(token), "value": typed(value)}


def _some(each: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    left = iter(each)
    while some := list(islice(left, _AT_ONCE)):
        yield some
