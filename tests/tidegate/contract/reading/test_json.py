"""JSON lines and lists of objects: strict in every value, and soon on its feet behind a broken record."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tidegate.contract.reading.contracts import checked, parcels, reasons
from tidegate.contract.declare import Csv, JsonArray, JsonLines

LINES, LIST = parcels(JsonLines()), parcels(JsonArray())


def row(number: int, /, **more: object) -> dict[str, object]:
    rest = {"price": None, "sent": "2020-01-31", "seen": "2020-01-31T12:00:00Z", "whole": True}
    return {"number": number, "colour": "red", "weight": 1.5, **rest, **more}


def lines(*rows: object) -> bytes:
    return b"\n".join(one if isinstance(one, bytes) else json.dumps(one).encode() for one in rows) + b"\n"


def as_list(*rows: object, indent: int | None = 1) -> bytes:
    return json.dumps(rows, indent=indent).encode()


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("number", "5", "type"),
        ("number", 5.0, "type"),
        ("number", True, "type"),
        ("number", 2**40, "type"),
        ("colour", 5, "type"),
        ("colour", False, "type"),
        ("colour", {"number": 3}, "type"),
        ("colour", ["red"], "type"),
        ("colour", "\ud800", "type"),
        ("weight", "1.5", "type"),
        ("weight", [1.5], "type"),
        ("sent", 20200131, "type"),
        ("sent", "2020-02-31", "type"),
        ("seen", "2020-01-31T12:00:00", "type"),
        ("whole", 1, "type"),
        ("whole", "true", "type"),
        ("colour", "green", "isin"),
        ("number", None, "not_null"),
    ],
)
def test_a_value_of_another_json_type_is_no_value_of_the_column(name, value, why):
    rows = row(1), row(2, **{name: value})
    for body, dataset in ((lines(*rows), LINES), (as_list(*rows), LIST)):
        found = checked(body, dataset, "parcels/a.json")
        assert reasons(found) == {2: {(name, why)}}
        assert found.good["number"].to_list() == [1]


def test_a_row_has_all_its_reasons_and_its_bytes():
    bad = b'{"number": "x", "colour": 5, "weight": -1, "price": 1.005, "sent": null, "more": 1, "seen": null}'
    found = checked(lines(row(1), bad), LINES, "parcels/a.jsonl")
    assert reasons(found) == {
        2: {("number", "type"), ("colour", "type"), ("weight", "greater_than"), ("price", "type"),
            ("more", "unknown"), ("whole", "missing")},
    }  # fmt: skip
    offset = len(lines(row(1)))
    assert found.bad.select("_row", "_line", "_offset", "_length", "_bytes").rows() == [
        (2, 2, offset, len(bad), bad)
    ]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("0.30000000000000004", None),
        ("0.10000000000000000555", None),  # what 0.1 is, in 20 digits: nothing is lost
        ("1E2", None),
        ("100000000000000000000000", None),
        ("9007199254740993", "rounded"),
        ("0.12345678901234567890123", "rounded"),
        ("1e-999", "rounded"),
        ("1e999", "type"),
        ("NaN", "json"),
        ("Infinity", "json"),
        ("01", "json"),
        (".5", "json"),
    ],
)
def test_a_number_is_kept_to_its_last_digit_or_refused(written, why):
    body = json.dumps(row(2, weight=0)).replace('"weight": 0', f'"weight": {written}').encode()
    found = checked(lines(row(1), body), LINES, "parcels/a.jsonl")
    assert {check for _, check in reasons(found).get(2, set())} == ({why} if why else set())
    if not why:
        assert found.good["weight"][1] == float(written)


def test_equal_keys_are_no_row_whichever_would_win():
    twice = b'{"number": 2, "colour": "red", "number": 3}'
    inside = json.dumps(row(4)).replace('"red"', '{"a": 1, "a": 2}').encode()
    found = checked(lines(row(1), twice, inside), LINES, "parcels/a.jsonl")
    assert reasons(found) == {2: {("", "duplicate_key")}, 3: {("", "duplicate_key")}}


def test_a_broken_line_is_cut_out_and_the_next_one_read():
    wrong = [
        b'{"number": 2',
        b"[1]",
        b"",
        b'"x',
        b"nonsense",
        b'{"number": 3}}',
        b"{'number': 4}",
        b'{"a": "\xff"}',
    ]
    found = checked(lines(row(1), *wrong, row(9)) + b"\n\n", LINES, "parcels/a.jsonl")
    assert found.good["number"].to_list() == [1, 9]
    checks = [next(iter(reasons(found)[at]))[1] for at in range(2, 10)]
    assert checks == ["json", "object", "blank_line", "json", "json", "json", "json", "encoding"]
    assert [one for one in found.bad["_bytes"].to_list() if one] == [one for one in wrong if one]


def test_white_space_a_mark_and_escapes_change_nothing():
    body = (
        b"\xef\xbb\xbf"
        + json.dumps(row(1, colour="é")).encode()
        + b" \r\n  {"
        + json.dumps(row(2)).encode()[1:]
    )
    found = checked(body, LINES, "parcels/a.jsonl")
    assert found.good["colour"].to_list() == ["é", "red"]


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
def test_lists_read_alike_however_they_are_laid_out(indent):
    rows = [row(at, colour=colour) for at, colour in enumerate(["red", "blue", "é", None] * 20, 1)]
    body = as_list(*rows, indent=indent)
    whole = checked(body, LIST, "parcels/a.json")
    assert whole.good["number"].to_list() == list(range(1, 81))
    for size in (10, 100, 1000):
        assert checked(body, LIST, "parcels/a.json", piece_bytes=size).good.equals(whole.good)


def test_reading_a_list_goes_on_behind_a_broken_element():
    elements = [json.dumps(row(at)) for at in range(1, 8)]
    elements[1] = elements[1].replace("1.5", "[1.5")
    elements[3] = elements[3].replace('"red"', '"red')
    elements[5] = elements[5].replace("1.5", "1.5.")
    body = ("[\n" + ",\n".join(elements) + "\n]").encode()
    found = checked(body, LIST, "parcels/a.json")
    assert found.fault is None
    assert found.good["number"].to_list() == [1, 3, 5, 7]
    assert found.bad["_bytes"].to_list() == [elements[at].encode() for at in (1, 3, 5)]
    assert found.bad["_line"].to_list() == [3, 5, 7]


def test_a_comma_too_many_keeps_no_bytes_of_the_elements_behind_it():
    found = checked(b"[\n , " + json.dumps(row(1)).encode() + b"]", LIST, "parcels/a.json")
    assert found.good["number"].to_list() == [1]
    assert found.bad["_bytes"].to_list() == [b""]
    assert found.bad["_length"].to_list() == [0]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_file"),
        (b" \n", "empty_file"),
        (b"[]", "header_only"),
        (b"[{}", "torn_json"),
        (b"[{}] and more", "torn_json"),
        (b'[{"a": "x}, {"b": 1}]', "torn_json"),
        (b"{}", "wrong_format"),
    ],
)
def test_a_list_that_is_none_is_a_fault(body, code):
    assert checked(body, LIST, "parcels/a.json").fault.code == code


def test_the_name_and_the_first_bytes_choose_among_the_formats_of_a_contract():
    every = parcels(Csv(), JsonLines(), JsonArray())
    assert checked(lines(row(1)), every, "parcels/a.ndjson").good.height == 1
    assert checked(lines(row(1)), every, "parcels/a.json").good.height == 1
    assert checked(as_list(row(1)), every, "parcels/A.JSON").good.height == 1
    assert checked(as_list(row(1)), every, "parcels/a.jsonl").fault.code == "wrong_format"
    assert checked(lines(row(1)), every, "parcels/a.dat").fault.code == "wrong_format"
    assert checked(lines(row(1)), every, "parcels/a.csv").fault.code == "header_mismatch"


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers(), max_size=2)
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(list(row(1))), SCALARS), min_size=1, max_size=8), st.data())
def test_a_published_row_is_what_stood_in_the_file_and_none_is_lost(rows, data):
    body = bytearray(lines(*rows))
    if data.draw(st.booleans()):
        body.insert(data.draw(st.integers(0, len(body))), data.draw(st.sampled_from(b'"{}[],:\\x\xff')))
    found = checked(bytes(body), LINES, "parcels/a.jsonl")
    if found.fault is None:
        assert found.good.height + found.bad.height == found.total_rows
        held = set(bytes(body).split(b"\n"))
        assert all(raw in held for raw in found.bad["_bytes"].to_list())


def test_wounded_lists_never_publish_what_did_not_stand_in_them():
    rows = [row(at) for at in range(1, 30)]
    chance = random.Random(7)
    for indent in (None, 1):
        body = as_list(*rows, indent=indent)
        for _ in range(150):
            at = chance.randrange(1, len(body) - 2)
            wounded = body[:at] + chance.choice([b'"', b"{", b"}", b"[", b"]", b",", b"\\"]) + body[at:]
            found = checked(wounded, LIST, "parcels/a.json")
            good = {(one[0], one[1], one[2]) for one in found.good.rows()}
            assert good <= {(one["number"], "red", 1.5) for one in rows} | {
                (at, None, None) for at in range(30)
            }
            assert found.fault or len(good) >= len(rows) - 2
