"""The report on a verdict: counted, bounded, masked, and harmless in a spreadsheet."""

from __future__ import annotations

import json

from tidegate.contract.verdict import FAULTS, defused, report


def test_rules_are_counted_and_have_at_most_five_examples(checked, header, parcels):
    body = (
        header
        + b"".join(b"%d,green,,\n" % n for n in range(1, 41))
        + b"".join(b"%d,,,\n" % n for n in range(41, 99))
    )
    told = report(checked(body).verdict, parcels.personal(), source="s3://landing/parcels/a.csv")
    assert (told["total_rows"], told["good_rows"], told["bad_rows"]) == (98, 58, 40)
    assert [(rule["column"], rule["check"], rule["rows"]) for rule in told["rules"]] == [
        ("colour", "isin", 40)
    ]
    assert told["rules"][0]["examples"][0] == {
        "row": 1,
        "line": 2,
        "said": "'green' breaks isin(['red', 'blue'])",
    }
    assert len(told["rules"][0]["examples"]) == 5
    json.dumps(told)


def test_a_personal_value_is_in_no_report(checked, header, parcels):
    told = report(checked(header + b"1,,,canary-secret\n2,,,\n").verdict, parcels.personal(), source="a.csv")
    assert told["bad_rows"] == 1
    assert "canary" not in json.dumps(told)
    assert told["masked_columns"] == ["owner"]


def test_a_fault_says_what_and_what_next(checked, parcels):
    told = report(checked(b"").verdict, parcels.personal(), source="a.csv")
    assert told["fault"]["code"] in FAULTS
    assert told["fault"]["next_step"]
    assert told["rules"] == []


def test_a_long_value_is_cut_and_a_formula_defused(checked, header, parcels):
    told = report(
        checked(header + b"1," + b"x" * 10_000 + b",,\n2,,,\n").verdict,
        parcels.personal(),
        source="=HYPERLINK(1)",
    )
    assert len(json.dumps(told)) < 1500
    assert told["source"] == "'=HYPERLINK(1)"
    assert [defused(text)[0] for text in ("=a", "+a", "-a", "@a", "\ta", "\ra")] == ["'"] * 6
    assert defused("plain") == "plain"


def test_the_report_of_a_file_with_hundreds_of_rules_broken_stays_bounded(checked, header, parcels):
    verdict = checked(header + b'"\n' * 5000 + b"1,,,\n")
    assert len(json.dumps(report(verdict.verdict, parcels.personal(), source="a"))) < 5000
