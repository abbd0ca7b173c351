"""Files that are nearly right: a sound file of a dataset, cut, spliced and damaged by a seeded chance."""

from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

HEADER = b"key,count,price,day,name,flag\n"
TOKENS = (
    *(b",", b"\n", b"\r", b"\r\n", b'"', b'""', b"\0", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf", b"\t", b" "),
    *(b"NA", b"null", b"=1+1", b"1e999", b"-0", b"007", b"9" * 40, b"2020-02-30", b"x" * 300, b"\n" * 5),
    *(b"{", b"}", b"[", b"]", b":", b";", b"\\", b"\\u0000", b'{"key":1}'),
    *(b"PAR1", b"\x1f\x8b", b"PK\x03\x04", HEADER),
)


def sound(chance: random.Random) -> bytes:
    """A file as its contract wants it, but for a row here and there."""
    rows = chance.choice([0, 1, 2, 5, 40, 300])
    return HEADER + b"".join(_row(chance, number) for number in range(rows))


def _row(chance: random.Random, number: int) -> bytes:
    key = number if chance.random() < 0.97 else chance.randrange(rows_near(number))
    name = chance.choice(["ann", "", '"a, b"', '"a\nb"', '"a""b"', "é", "NA", "bob"])
    day = f"20{chance.randrange(10, 30)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 30):02}"
    price = chance.choice(["1.5", "0", "-3.25", "1e3", "", "12"])
    flag = chance.choice(["true", "false"])
    return f"{key},{chance.randrange(-5, 300)},{price},{day},{name},{flag}\n".encode()


def rows_near(number: int) -> int:
    """A range that holds the numbers of rows before this one, and of a few after."""
    return number + 3


def damaged(chance: random.Random, body: bytes) -> bytes:
    """The file with a few wounds."""
    for _ in range(chance.choice([0, 1, 1, 2, 3, 8])):
        body = chance.choice(_WOUNDS)(chance, body)
    return body


def packed(chance: random.Random, body: bytes) -> tuple[bytes, str]:
    """The file as it is, or packed and perhaps damaged then; and the ending of its name."""
    how = chance.choice(["", "", "", ".gz", ".bz2"])
    if not how:
        return body, ".csv"
    small = gzip.compress(body, 1) if how == ".gz" else bz2.compress(body)
    return (damaged(chance, small) if chance.random() < 0.3 else small), f".csv{how}"


def _insert(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice(TOKENS) + body[at:]


def _cut(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + body[at + chance.choice([1, 2, 7, 50]) :]


def _flip(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]


def _repeat(chance: random.Random, body: bytes) -> bytes:
    at = chance.randrange(len(body) + 1)
    piece = body[at : at + chance.choice([1, 10, 100])]
    return body[:at] + piece * chance.choice([2, 3, 30]) + body[at:]


def _truncate(chance: random.Random, body: bytes) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


_WOUNDS: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    *(_insert, _insert, _cut),
    *(_flip, _repeat, _truncate),
)
