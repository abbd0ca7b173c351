"""What a whole file comes to."""

from __future__ import annotations

import gzip
import io
import random
from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from tidegate.contract.in_memory import check_in_memory
from tidegate.contract.source import BytesSource, Limits
from tidegate.contract.verdict import BAD_SCHEMA


def reasons(verdict):
    """Row number to the set of (column, check)."""
    return {
        row["_row"]: {(why["column"], why["check"]) for why in row["_reasons"]}
        for row in verdict.bad.iter_rows(named=True)
    }


def test_good_rows_are_typed_and_in_the_contracts_order(checked, header, parcels):
    verdict = checked(header + b'1,red,12.5,ann\n2,NA,,""\n')
    assert verdict.fault is None
    assert dict(verdict.good.schema) == {
        "number": pl.Int32,
        "colour": pl.String,
        "weight": pl.Float64,
        "owner": pl.String,
    }
    assert verdict.good.rows() == [(1, "red", 12.5, "ann"), (2, None, None, None)]
    assert verdict.bad.schema == BAD_SCHEMA


def test_a_bad_row_has_all_its_reasons_its_number_its_line_and_its_text(checked, header):
    verdict = checked(header + b"1,red,12,ann\n0,green,-3,\n")
    assert reasons(verdict) == {
        2: {("number", "greater_than_or_equal_to"), ("colour", "isin"), ("weight", "greater_than")}
    }
    assert verdict.bad.select("_row", "_line", "_offset", "_length", "_bytes").rows() == [
        (2, 3, 40, 11, b"0,green,-3,")
    ]
    assert verdict.total_rows == 2


def test_a_rule_across_columns_is_reported_without_a_column(checked, header):
    verdict = checked(header + b"1,red,2,ann\n2,blue,2,ann\n")
    assert reasons(verdict) == {1: {("", "red_is_heavy")}}
    assert verdict.bad["_reasons"][0][0]["said"] == (
        "a red parcel weighs more than ten (colour='red', weight='2')"
    )


def test_every_copy_of_a_key_is_bad_wherever_it_stands(checked, header):
    verdict = checked(header + b"1,,,\n2,,,\n1,,,\n3,green,,\n3,,,\n")
    assert reasons(verdict) == {
        1: {("number", "unique")},
        3: {("number", "unique")},
        4: {("number", "unique"), ("colour", "isin")},
        5: {("number", "unique")},
    }
    assert verdict.good["number"].to_list() == [2]


def test_row_numbers_and_lines_are_right_after_a_quoted_newline(checked, header):
    verdict = checked(header + b'1,blue,1,"a\nb"\n2,green,1,x\n"3",blue,"1","c\r\nd"\n4,blue,x,y\n')
    assert verdict.bad.select("_row", "_line", "_bytes").rows() == [
        (2, 4, b"2,green,1,x"),
        (4, 7, b"4,blue,x,y"),
    ]
    assert verdict.good["owner"].to_list() == ["a\nb", "c\r\nd"]


def test_a_quoted_null_spelling_is_nothing_too(checked, header):
    verdict = checked(header + b'1,"NA","",x\n')
    assert verdict.good.row(0) == (1, None, None, "x")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_file"),
        (b"\n\n", "empty_file"),
        (b"number,colour,weight,owner\n", "header_only"),
        (b"number,colour,weight,owner", "header_only"),
        (b"number,colour,weight\n1,red,12\n", "header_mismatch"),
        (b"number,colour,weight,owner,extra\n1,red,12,a,b\n", "header_mismatch"),
        (b"colour,number,weight,owner\nred,1,12,a\n", "header_mismatch"),
        (bytes(range(256)) * 20, "not_text"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "not_text"),
        (b"PK\x03\x04" + b"\0" * 50, "not_text"),
        ("number,colour,weight,owner\n1,,,\n".encode("utf-16"), "not_text"),
        (gzip.compress(b"number,colour,weight,owner\n1,,,\n" * 100, mtime=0)[:-20], "torn_gzip"),
        (gzip.compress(b"number,colour,weight,owner\n1,,,\n", mtime=0)[:12], "torn_gzip"),
        (b"number,colour,weight,owner\nx,,,\n", "no_good_rows"),
    ],
)
def test_a_bad_file_is_named_by_its_fault_and_publishes_nothing(checked, body, code):
    verdict = checked(body)
    assert verdict.fault is not None
    assert verdict.fault.code == code
    assert verdict.fault.what
    assert verdict.fault.next_step
    assert verdict.good.height == 0
    assert verdict.good.columns == ["number", "colour", "weight", "owner"]


def test_a_gzip_is_read_by_its_bytes_whatever_its_name(checked, header):
    body = header + b"1,,,\n"
    packed = gzip.compress(body[:20]) + gzip.compress(body[20:])
    assert checked(packed, name="parcels/a.csv").good.height == 1
    assert checked(packed, name="parcels/a.csv.gz").good.height == 1
    assert checked(body, name="parcels/a.csv.gz").fault.code == "torn_gzip"


def test_a_bomb_is_refused_before_it_is_unpacked(checked, header):
    bomb = gzip.compress(header + b"1" * (80 << 20), compresslevel=9)
    verdict = checked(bomb)
    assert verdict.fault.code == "too_large"


def test_a_record_without_end_is_refused(checked, header):
    limits = Limits(record_bytes=1000, piece_bytes=2000)
    assert checked(header + b"x" * 3_000_000, limits=limits).fault.code == "too_large"


def test_a_file_that_is_mostly_bad_is_refused_as_a_whole(checked, header):
    body = header + b"".join(b"%d,green,,\n" % number for number in range(1, 1500)) + b"9999,,,\n" * 1
    verdict = checked(body)
    assert verdict.fault.code == "too_many_bad_rows"
    assert verdict.bad.height == 1499
    assert verdict.good.height == 0


def test_rows_in_are_rows_out_whatever_the_size_of_the_pieces(checked, header):
    seed = 20131
    source = random.Random(seed)
    lines = [
        source.choice(
            [b"%d,red,12,ann", b"%d,blue,,", b'%d,blue,"1","a,\nb"', b"%d,x,1,y", b"%d,q", b'%d,"r,1,y', b""]
        )
        for _ in range(400)
    ]
    body = (
        header
        + b"\n".join(line % n if b"%d" in line else line for n, line in enumerate(lines, 1))
        + b"\n7777,,,"
    )
    whole = checked(body)
    for size in (97, 1000, 5000):
        parts = checked(body, limits=Limits(piece_bytes=size, record_bytes=2000))
        assert parts.good.rows() == whole.good.rows()
        assert parts.bad.drop("_reasons").rows() == whole.bad.drop("_reasons").rows()
        assert reasons(parts) == reasons(whole)
    numbers = sorted([*whole.bad["_row"].to_list()])
    assert len(set(numbers)) == len(numbers)
    assert whole.good.height + whole.bad.height == whole.total_rows


def test_bytes_that_are_no_utf_8_break_their_row_alone(checked, header):
    verdict = checked(header + "1,,,é\n2,,,".encode() + b"\xe9\n3,,,x\n4,\0,,\n")
    assert reasons(verdict) == {2: {("", "encoding")}, 4: {("", "nul_byte")}}
    assert verdict.bad["_bytes"][0] == b"2,,,\xe9"
    assert verdict.good["owner"].to_list() == ["é", "x"]


def test_a_mark_and_carriage_returns_are_no_obstacle(checked, header):
    body = b"\xef\xbb\xbf" + header.replace(b"\n", b"\r\n") + b"1,blue,1,a\r\n2,blue,1,b\r\n\r\n"
    assert checked(body).good["owner"].to_list() == ["a", "b"]


def test_a_stream_may_give_less_than_it_is_asked_for(parcels, header):
    class Trickle(BytesSource):
        def open(self):
            whole = io.BytesIO(self.body)
            return SimpleNamespace(read=lambda size: whole.read(min(size, 7)))

    source = Trickle(header + b"1,,,\n2,,,\n", "a.csv")
    assert check_in_memory(source, parcels).good.height == 2


def test_copies_are_rows_like_others_where_nothing_names_a_row(header, parcels):
    verdict = check_in_memory(header + b"1,red,12,ann\n1,red,12,ann\n0,,,\n", replace(parcels, key=()))
    assert verdict.good.height == 2
    assert reasons(verdict) == {3: {("number", "greater_than_or_equal_to")}}


def test_copies_that_stand_far_apart_are_found_and_those_told_before_get_a_reason_more(checked, header):
    lines = [b"%d,blue,1,a\n" % number for number in range(1, 2001)]
    lines[3] = b"4,green,1,a\n"
    body = header + b"".join(lines) + b"4,blue,1,b\n7,,,\n7,,,\n,,,\n"
    verdict = checked(body, limits=Limits(piece_bytes=500))
    assert reasons(verdict) == {
        4: {("number", "unique"), ("colour", "isin")},
        7: {("number", "unique")},
        2001: {("number", "unique")},
        2002: {("number", "unique")},
        2003: {("number", "unique")},
        2004: {("number", "not_null")},
    }
    assert verdict.good["number"].to_list() == [n for n in range(1, 2001) if n not in (4, 7)]
    assert verdict.verdict.tally.counts()["number", "unique"] == 5
    assert (verdict.verdict.good_rows, verdict.verdict.bad_rows) == (1998, 6)


def test_a_hopeless_file_is_given_up_while_it_is_read(checked, header):
    limits = Limits(hopeless_rows=50, piece_bytes=1000)
    verdict = checked(header + b"x\n" * 10_000_000, limits=limits)
    assert verdict.fault.code == "too_many_bad_rows"
    assert verdict.total_rows < 2_000_000


def test_the_text_of_a_bad_row_masks_its_personal_cells_and_that_of_a_broken_one_all(checked, header):
    verdict = checked(header + b"1,blue,1,x\n0,,1,ann\n3,ann\n")
    assert verdict.bad["_raw"].to_list() == [
        '{"number":"0","colour":null,"weight":"1","owner":"•••"}',
        "•••",
    ]
    assert verdict.bad["_bytes"].to_list() == [b"0,,1,ann", b"3,ann"]


class Breaking(BytesSource):
    """Polars breaks down in the midst of it."""

    def open(self):
        raise pl.exceptions.PanicException("called `Option::unwrap()` on a `None` value")


def test_a_file_on_which_polars_breaks_down_is_refused_and_fails_no_other(parcels):
    verdict = check_in_memory(Breaking(b"", "parcels/x.csv"), parcels)
    assert verdict.fault.code == "reader_failed"
    assert "replay" in verdict.fault.next_step
