"""Files that are nearly right: rows of a dataset in one of its formats, cut, spliced and damaged by a seeded
chance.
"""

from __future__ import annotations

import bz2
import gzip
import io
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.fuzz import rows
from tidegate.contract.declare import Csv, Excel, JsonArray, JsonLines, Parquet
from tidegate.contract.formats import Header

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tidegate.contract.formats import Format

NULLS = ("", "NA")
CSVS = (
    *(Csv(null_values=NULLS),) * 4,
    Csv(null_values=NULLS, delimiter=";", decimal=",", header=Header.ANY_CASE),
    Csv(null_values=NULLS, delimiter="\t", quote=None),
    Csv(null_values=NULLS, header=Header.NONE, quote="'"),
    Csv(null_values=NULLS, encoding="cp1252", skip_lines=2),
    Csv(null_values=NULLS, encoding="utf-16"),
)
FORMATS: dict[str, tuple[Format, ...]] = {
    "csv": CSVS,
    "json lines": (JsonLines(null_values=NULLS),),
    "json list": (JsonArray(null_values=NULLS),),
    "parquet": (Parquet(),),
    "excel": (Excel(null_values=NULLS),),
}
_TEXT_TOKENS = (
    *(b",", b"\n", b"\r", b"\r\n", b'"', b'""', b"\0", b"\xff", b"\xc3\xa9", b"\xef\xbb\xbf", b"\t", b" "),
    *(b"NA", b"null", b"=1+1", b"1e999", b"-0", b"007", b"9" * 40, b"2020-02-30", b"x" * 300, b"\n" * 5),
    *(b"{", b"}", b"[", b"]", b":", b";", b"\\", b"\\u0000", b'{"key":1}', b"'", b"\\ud800", b"NaN", b"\n{"),
    *(
        b"[[[[",
        b"]]",
        b"}}",
        b"},{",
        b"},\n{",
        b'"key":1,',
        b"0.1000000000000000055",
        b"[" * 70,
        b"{}",
        b"[]",
    ),
    *(b"PAR1", b"\x1f\x8b", b"PK\x03\x04", b"key,count,price,day,name,flag\n", b"key;count;price\n"),
)
_BINARY_TOKENS = (
    *(b"\0", b"\xff", b"\x7f", b"\x80", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff\x0f", b"PAR1"),
    *(
        b"PK\x03\x04",
        b"PK\x01\x02",
        b"\x15",
        b"\x18",
        b"\x19",
        b"\x1c",
        b"\x2c",
        b"\x80" * 9,
        b"\xfe\xff\x07",
    ),
)
_XML_TOKENS = (
    *(
        b"<",
        b">",
        b"/>",
        b"</c>",
        b"<c>",
        b"<row/>",
        b'<c r="XFD1"/>',
        b'<c r="A1048576"/>',
        b'r="A1"',
        b' t="e"',
    ),
    *(
        b"&amp;",
        b"&#0;",
        b"&lt;",
        b'<c r="B2" t="e"><v>#DIV/0!</v></c>',
        b"<v>1e400</v>",
        b"<v>nan</v>",
        b"\xff",
    ),
    *(b'<c r="C3" s="2"><v>45000.5</v></c>', b'<c r="A0"/>', b't="s"', b"<v>99999999999</v>", b"<f>1+1</f>"),
)


@dataclass(frozen=True)
class Case:
    """A file, and what is known of it."""

    file: bytes
    ending: str
    form: Format
    rows: list[rows.Row] | None  # those that it holds, where nothing was done to it
    text: bytes | None  # what it unpacks to, where that is known


def case(chance: random.Random, kind: str) -> Case:
    """A file of a format, hurt or not."""
    form = chance.choice(FORMATS[kind])
    some = rows.made(chance)
    if isinstance(form, Parquet):
        return _binary(chance, form, some, rows.as_parquet(chance, some), ".parquet")
    if isinstance(form, Excel):
        return _binary(chance, form, some, rows.as_workbook(chance, some), ".xlsx")
    if isinstance(form, Csv):
        some = rows.plain(some, form)
        body, ending = rows.as_csv(chance, some, form), ".csv"
    elif isinstance(form, JsonLines):
        body, ending = rows.as_json_lines(chance, some), ".jsonl"
    else:
        body, ending = rows.as_json_list(chance, some), ".json"
    hurt = damaged(chance, body, _TEXT_TOKENS)
    file, packing, whole = _packed(chance, hurt)
    same = hurt == body and whole
    utf_8 = not isinstance(form, Csv) or form.encoding == "utf-8"
    return Case(file, ending + packing, form, some if same else None, hurt if whole and utf_8 else None)


def _binary(chance: random.Random, form: Format, some: list[rows.Row], body: bytes, ending: str) -> Case:
    inner = chance.random()
    if isinstance(form, Excel) and inner < 0.7:
        file = _hurt_parts(chance, body)
    elif inner < 0.3:
        file = _flip(chance, body, ())
    elif inner < 0.7:
        at = max(0, len(body) - 8 - int.from_bytes(body[-8:-4], "little"))
        file = body[:at] + damaged(chance, body[at:], _BINARY_TOKENS)
    else:
        file = damaged(chance, body, _BINARY_TOKENS)
    return Case(file, ending, form, some if file == body else None, None)


def _hurt_parts(chance: random.Random, body: bytes) -> bytes:
    """The workbook, with wounds in the XML of some of its parts."""
    out = io.BytesIO()
    packing = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w", packing) as new:
        for part in old.namelist():
            text = old.read(part)
            often = 0.9 if "sheet1" in part else 0.1
            wound = chance.choice([_damaged_tags, lambda chance, text: damaged(chance, text, _XML_TOKENS)])
            new.writestr(part, wound(chance, text) if chance.random() < often else text)
    return out.getvalue()


def _damaged_tags(chance: random.Random, text: bytes) -> bytes:
    """The XML with whole tags gone, doubled or put in, so that much of it is still XML."""
    tags = text.split(b"<")
    for _ in range(chance.choice([1, 2, 4])):
        at = chance.randrange(1, len(tags) + 1)
        tags[at : at + chance.choice([0, 1, 3])] = chance.choice(
            [[], [tags[-1]], [chance.choice(_XML_TOKENS).lstrip(b"<")], tags[at : at + 3] * 2]
        )
    return b"<".join(tags)


def damaged(chance: random.Random, body: bytes, tokens: tuple[bytes, ...]) -> bytes:
    """The bytes, with a few wounds."""
    for _ in range(chance.choice([0, 1, 1, 2, 3, 8])):
        body = chance.choice(_WOUNDS)(chance, body, tokens)
    return body


def _packed(chance: random.Random, body: bytes) -> tuple[bytes, str, bool]:
    """The file as it is, or packed and perhaps damaged then; the ending; whether the packing is whole."""
    how = chance.choice(["", "", "", ".gz", ".bz2", ".zst"])
    if not how:
        return body, "", True
    pack: dict[str, Callable[[bytes], bytes]] = {
        ".gz": lambda some: gzip.compress(some, 1),
        ".bz2": bz2.compress,
        ".zst": zstd.compress,
    }
    parts = [body] if chance.random() < 0.7 else [body[: len(body) // 2], body[len(body) // 2 :]]
    small = b"".join(pack[how](part) for part in parts)
    hurt = damaged(chance, small, _BINARY_TOKENS) if chance.random() < 0.3 else small
    return hurt, how, hurt == small


def _insert(chance: random.Random, body: bytes, tokens: tuple[bytes, ...]) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + chance.choice(tokens) + body[at:]


def _cut(chance: random.Random, body: bytes, tokens: tuple[bytes, ...]) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + body[at + chance.choice([1, 2, 7, 50]) :]


def _flip(chance: random.Random, body: bytes, tokens: tuple[bytes, ...]) -> bytes:
    at = chance.randrange(len(body) + 1)
    return body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :]


def _repeat(chance: random.Random, body: bytes, tokens: tuple[bytes, ...]) -> bytes:
    at = chance.randrange(len(body) + 1)
    piece = body[at : at + chance.choice([1, 10, 100])]
    return body[:at] + piece * chance.choice([2, 3, 30]) + body[at:]


def _truncate(chance: random.Random, body: bytes, tokens: tuple[bytes, ...]) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


_WOUNDS = (_insert, _insert, _cut, _flip, _repeat, _truncate)
