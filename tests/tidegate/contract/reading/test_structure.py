"""The strict reader: what it cuts out, what it keeps, and that it never loses or invents a row."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tidegate.contract.reading.contracts import texts
from tidegate.contract.formats import Csv
from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.reading.beginning import begin
from tidegate.contract.reading.structure import PROBLEMS, chunks
from tidegate.contract.source import Limits


def read(body: bytes, columns: int, piece: int = 1 << 20, longest: int = 1 << 16):
    """Sound rows and broken ones of a body under a header: number, line, text, problem."""
    header = b",".join(b"c%d" % number for number in range(columns)) + b"\n"
    whole = header + body
    pieces = iter([whole[at : at + piece] for at in range(0, len(whole), piece)])
    sound, broken, text = [], [], b""
    limits = Limits(piece_bytes=piece, record_bytes=longest)
    for chunk in chunks(begin(pieces, Csv(), limits), pieces, columns, Csv(), limits):
        sound += _told(whole, chunk.sound, np.zeros(len(chunk.sound.row), dtype=int))
        broken += _told(whole, chunk.broken, chunk.problems)
        text += chunk.text if chunk.text.endswith(b"\n") or not chunk.text else chunk.text + b"\n"
    return sound, broken, text


def _told(whole, places, problems):
    rows = zip(places.row, places.line, places.offset, places.length, problems, strict=True)
    return [
        (int(row), int(line), whole[offset : offset + length], PROBLEMS[problem][0] if problem else "")
        for row, line, offset, length, problem in rows
    ]


def test_a_record_with_too_few_or_too_many_fields_is_cut_out():
    sound, broken, text = read(b"1,2\n3\n4,5,6\n7,8\n", 2)
    assert [row for row, *_ in sound] == [1, 4]
    assert broken == [(2, 3, b"3", "field_count"), (3, 4, b"4,5,6", "field_count")]
    assert text == b"1,2\n7,8\n"


def test_a_stray_quote_costs_its_own_line_only():
    _, broken, text = read(b'1,5" disk\n2,"b"\n3,"c\n4,"d"\n5,"e"x\n6,f\n', 2)
    assert [(row, problem) for row, _, _, problem in broken] == [(1, "quotes"), (3, "quotes"), (5, "quotes")]
    assert text == b'2,"b"\n4,"d"\n6,f\n'


def test_a_quote_that_is_never_closed_does_not_swallow_the_file():
    _, broken, text = read(b'1,"a\n' + b"2,b\n" * 50, 2)
    assert [row for row, *_ in broken] == [1]
    assert text == b"2,b\n" * 50


def test_a_quote_left_open_across_pieces_is_given_up_at_the_longest_record():
    _, broken, text = read(b'1,"a\n' + b"2,b\n" * 500, 2, piece=64, longest=200)
    assert [row for row, *_ in broken] == [1]
    assert text == b"2,b\n" * 500


def test_a_blank_line_is_a_broken_row_unless_nothing_follows():
    sound, broken, _ = read(b"1,2\n\n3,4\n\n\n", 2)
    assert [(row, line) for row, line, *_ in sound] == [(1, 2), (3, 4)]
    assert broken == [(2, 3, b"", "blank_line")]


def test_a_bare_carriage_return_breaks_its_record():
    _, broken, text = read(b'1,a\rb\n2,"a\rb"\n3,c\r\n', 2)
    assert [row for row, *_ in broken] == [1]
    assert text == b'2,"a\rb"\n3,c\r\n'


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (b"a,b\n", "missing: 'c'"),
        (b"a,b,c,d\n", "not in the contract: 'd'"),
        (b"b,a,c\n", "column 1 is 'b' where the contract has 'a'"),
        (b"a,b,b,c\n", "repeated: 'b'"),
        (b"a, B,c\n", "' B' for 'b'"),
        (b"a;b;c\n", "parted by ';'"),
        (b"\n", "there is nothing in it"),
        (b"1,2,3\n", "no column of the contract"),
        (b"a,b,c\r1,2,3\r", "a carriage return"),
    ],
)
def test_a_header_that_is_not_the_contracts_is_told_apart(header, words):
    found = check_in_memory(header, texts(["a", "b", "c"], Csv()))
    assert words in found.fault.what


def test_a_row_in_the_headers_place_is_not_quoted():
    """It may hold personal data, and a fault's words go into events and the ledger."""
    for body in (b"1,Ann Smith,3\n", b"a,b,c\r1,Ann Smith,3\r"):
        verdict = check_in_memory(body, texts(["a", "b", "c"], Csv())).verdict
        assert "Ann" not in str(verdict.fault)
        assert verdict.difference.added == ()


def left_over(body: bytes, columns: int) -> bytes:
    """The bytes of a body that are in no row."""
    header = ",".join("c" * (number + 1) for number in range(columns)).encode() + b"\n"
    covered = np.zeros(len(header) + len(body), dtype=bool)
    covered[: len(header)] = True
    pieces = iter([header + body])
    for chunk in chunks(begin(pieces, Csv(), Limits()), pieces, columns, Csv(), Limits()):
        for places in (chunk.sound, chunk.broken):
            for offset, length in zip(places.offset, places.length, strict=True):
                assert not covered[offset : offset + length].any()
                covered[offset : offset + length] = True
    return bytes(np.frombuffer(header + body, dtype=np.uint8)[~covered])


_junk = st.lists(
    st.sampled_from(
        [b"a", b"1", b",", b",", b'"', b'""', b"\n", b"\n", b"\r\n", b"\r", b"\0", b"\xff", "é".encode()]
    ),
    max_size=60,
).map(b"".join)


@settings(max_examples=300, deadline=None)
@given(_junk, st.integers(1, 3))
def test_junk_is_read_without_a_crash_and_every_row_has_one_place(body, columns):
    sound, broken, text = read(body, columns)
    numbers = sorted(row for row, *_ in sound + broken)
    assert numbers == list(range(1, len(numbers) + 1))
    assert not left_over(body, columns).strip(b"\r\n")
    parsed = list(csv.reader(io.StringIO(text.decode(), newline=""), strict=True))
    assert [len(row) for row in parsed] == [columns] * len(sound)


_field = st.text(alphabet='ab1,"\n é', max_size=5)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_field, _field), max_size=12), st.sampled_from(["\n", "\r\n"]), st.integers(8, 64))
def test_what_a_csv_writer_wrote_is_read_whole_in_pieces_of_any_size(rows, line_end, piece):
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_end).writerows(rows)
    body = out.getvalue().encode()
    sound, broken, text = read(body, 2, piece=piece)
    assert not broken
    assert len(sound) == len(rows)
    assert [tuple(row) for row in csv.reader(io.StringIO(text.decode(), newline=""))] == rows
    written = [_one_line(row, line_end) for row in rows]
    assert [line for _, line, *_ in sound] == [2 + "".join(written[:n]).count("\n") for n in range(len(rows))]


def _one_line(row: tuple[str, str], line_end: str) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=line_end).writerow(row)
    return out.getvalue()


def test_a_last_line_without_an_end_and_a_line_end_in_quotes_do_not_cancel_each_other_out():
    sound, _, _ = read(b'1,"x\ny"\n2,y\n3,z', 2)
    assert [line for _, line, *_ in sound] == [2, 4, 5]
