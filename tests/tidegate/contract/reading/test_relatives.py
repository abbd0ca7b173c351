"""CSV and its relatives: what the contract says of a file is followed, and nothing is guessed."""

from __future__ import annotations

import pytest

from tests.tidegate.contract.reading.contracts import checked, parcels, reasons, texts
from tidegate.contract.declare import Csv, Header
from tidegate.contract.reading.encoding import transcoded
from tidegate.contract.source import Limits
from tidegate.errors import ContractMistake


def rows(body: bytes, form: Csv, headers: str = "a,b", **limits: int) -> list[tuple[object, ...]]:
    found = checked(body, texts(headers.split(","), form), "texts/a.csv", **limits)
    assert found.fault is None, found.fault
    assert found.bad.height == 0
    return found.good.rows()


def test_another_quote_is_followed_and_the_usual_one_is_a_character():
    form = Csv(quote="'", delimiter=";")
    assert rows(b"a;b\n'x;''y''\n';\"z\"\n", form) == [("x;'y'\n", '"z"')]


def test_without_a_quote_every_character_is_itself():
    assert rows(b'a,b\n"x,1"\n', Csv(quote=None)) == [('"x', '1"')]


def test_a_stray_quote_of_another_kind_breaks_its_line_alone():
    found = checked(b"a,b\nx',1\n'y',2\n", texts(["a", "b"], Csv(quote="'")), "a.csv")
    assert reasons(found) == {1: {("", "quotes")}}
    assert found.good.rows() == [("y", "2")]


def test_a_decimal_comma_is_a_point_and_a_point_is_then_no_number():
    header = "number;colour;weight;price;sent;seen;whole\n"
    body = header + "1;red;1,5;12,50;;;\n2;red;1.5;;;;\n3;red;1.000,5;;;;\n4;red;2;1,2,3;;;\n"
    found = checked(body.encode(), parcels(Csv(delimiter=";", decimal=",")), "a.csv")
    assert [(row[0], row[2], str(row[3])) for row in found.good.rows()] == [(1, 1.5, "12.50")]
    assert reasons(found) == {2: {("weight", "type")}, 3: {("weight", "type")}, 4: {("price", "type")}}
    assert "the decimal mark is ," in found.bad["_reasons"][0][0]["said"]


TEXTS = {
    "latin-1": "é",
    "cp1252": "ü€",
    "utf-16": "é€𝄞",
    "utf-16-le": "é€𝄞",
    "cp932": "ソ表",
    "utf-8-sig": "é",
}


@pytest.mark.parametrize("encoding", TEXTS)
def test_another_encoding_is_transcoded_wherever_the_pieces_end(encoding):
    text = f"a,b\n1,{TEXTS[encoding]}\n2,{TEXTS[encoding]}x\n"
    body = text.encode(encoding)
    for size in (1, 3, len(body)):
        pieces = iter([body[at : at + size] for at in range(0, len(body), size)])
        assert b"".join(transcoded(pieces, encoding)).removeprefix(b"\xef\xbb\xbf") == text.encode()
    wanted = [tuple(line.split(",")) for line in text.splitlines()[1:]]
    assert rows(body, Csv(encoding=encoding)) == wanted


def test_bytes_that_the_encoding_has_not_break_their_row_alone():
    found = checked(b"a,b\n1,\xe9\n2,\x81\n3,z\n", texts(["a", "b"], Csv(encoding="cp1252")), "a.csv")
    assert reasons(found) == {2: {("", "encoding")}}
    assert found.good.rows() == [("1", "é"), ("3", "z")]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_that_the_contract_calls_otherwise_is_refused_and_not_garbled(mark):
    found = checked(mark + "a,b\n1,é\n".encode(), texts(["a", "b"], Csv(encoding="latin-1")), "a.csv")
    assert found.fault.code in {"not_text", "header_mismatch"}


def test_another_encoding_that_the_contract_does_not_say_is_never_published_garbled():
    found = checked("a,b\n1,é\n2,x\n".encode("latin-1"), texts(["a", "b"], Csv()), "a.csv")
    assert reasons(found) == {1: {("", "encoding")}}
    assert checked("a,b\n1,é\n".encode("utf-16"), texts(["a", "b"], Csv()), "a.csv").fault.code == "not_text"


def test_utf_16_without_a_mark_needs_its_order_said():
    body = "a,b\n1,é\n".encode("utf-16-be")
    assert rows(body, Csv(encoding="utf-16-be")) == [("1", "é")]
    assert checked(body, texts(["a", "b"], Csv(encoding="utf-16")), "a.csv").fault.code == "not_text"


def test_lines_before_the_header_are_passed_over_and_counted():
    found = checked(b'Report, "of\n\na,b\n1,x\n2\n', texts(["a", "b"], Csv(skip_lines=2)), "a.csv")
    assert found.good.rows() == [("1", "x")]
    assert found.bad.select("_row", "_line", "_offset").rows() == [(2, 5, 21)]


def test_lines_that_the_contract_does_not_tell_of_are_no_header():
    assert checked(b"Report\na,b\n1,x\n", texts(["a", "b"], Csv()), "a.csv").fault.code == "header_mismatch"


def test_a_header_may_differ_in_case_or_be_left_out_where_the_contract_says_so():
    assert rows(b"A,B\n1,x\n", Csv(header=Header.ANY_CASE)) == [("1", "x")]
    assert checked(b"A,B\n1,x\n", texts(["a", "b"], Csv()), "a.csv").fault.code == "header_mismatch"
    assert rows(b"1,x\n2,y\n", Csv(header=Header.NONE)) == [("1", "x"), ("2", "y")]
    assert rows(b"\xef\xbb\xbf1,x\n", Csv(header=Header.NONE, skip_lines=0)) == [("1", "x")]


def test_blank_lines_are_no_headers_where_a_file_has_none():
    found = checked(b"1,x\n\n2,y\n\n\n", texts(["a", "b"], Csv(header=Header.NONE)), "a.csv")
    assert reasons(found) == {2: {("", "blank_line")}}
    assert found.good.rows() == [("1", "x"), ("2", "y")]


def test_a_header_in_the_middle_is_no_row_even_where_every_column_is_text():
    found = checked(b"a,b\r\n1,x\r\na,b\r\n2,y\r\n", texts(["a", "b"], Csv()), "a.csv")
    assert reasons(found) == {2: {("", "repeated_header")}}
    assert found.good.rows() == [("1", "x"), ("2", "y")]


def test_a_name_may_hold_a_line_end():
    assert rows(b'"a\nb",c\n1,x\n', Csv(), "a\nb,c") == [("1", "x")]


def test_carriage_returns_alone_end_no_line():
    found = checked(b"a,b\r1,x\r2,y\r", texts(["a", "b"], Csv()), "a.csv")
    assert found.fault.code == "header_mismatch"
    assert "carriage return" in found.fault.what


@pytest.mark.parametrize(
    ("form", "word"),
    [
        (Csv(quote="ab"), "quote"),
        (Csv(quote=","), "quote"),
        (Csv(delimiter='"'), "part columns"),
        (Csv(decimal="x"), "fraction"),
        (Csv(decimal=",", quote=None), "fraction"),
        (Csv(encoding="zip"), "encoding"),
        (Csv(encoding="base64"), "encoding"),
        (Csv(skip_lines=-1), "skip_lines"),
        (Csv(null_values="NA"), "null_values"),
        ((), "no format"),
        ((Csv(), Csv(delimiter=";")), "two ways"),
    ],
)
def test_a_format_that_cannot_be_followed_fails_where_it_is_declared(form, word):
    with pytest.raises(ContractMistake, match=word):
        texts(["a", "b"], form)


def test_the_first_lines_are_bounded():
    assert Limits().record_bytes < 2 << 20
    long = b"x" * (2 << 20)
    assert checked(long, texts(["a", "b"], Csv()), "a.csv").fault.code == "too_large"
    assert checked(b"y\n" + long, texts(["a", "b"], Csv(skip_lines=1)), "a.csv").fault.code == "too_large"
