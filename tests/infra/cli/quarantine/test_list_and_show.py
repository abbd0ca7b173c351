"""`tidegate quarantine list` and `show`: what is there, by dataset, rule and time; why, with examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.infra.cli.quarantine.conftest import STAYS, TRIPS

if TYPE_CHECKING:
    from tests.infra.cli.quarantine.conftest import Desk


def test_the_list_is_narrowed_by_dataset_rule_and_time(desk: Desk) -> None:
    trips, stays = desk.lands("trips/a.csv", TRIPS), desk.lands("stays/a.csv", STAYS)
    nobodys = desk.lands("no/a.csv", TRIPS)
    for words, wanted in (
        ((), {trips, stays, nobodys}),
        (("--dataset", "stays"), {stays}),
        (("--rule", "price"), {trips}),
        (("--rule", "unclaimed"), {nobodys}),
        (("--since", "2020-01-01T00:00Z"), {trips, stays, nobodys}),
        (("--since", "2999-01-01"), set()),
    ):
        _, told = desk.asks("list", *words)
        assert {one["object_id"] for one in told} == wanted, words
    assert "3 files with something in quarantine: 1 whole, 4 bad rows" in desk.reads("list")
    code, told = desk.asks("list", "--since", "soon")
    assert (code, told["error"]["kind"]) == (3, "BadRequest")


def test_a_file_shows_its_rules_with_up_to_five_examples_its_rows_and_its_page(desk: Desk) -> None:
    body = b"id,nights\n" + b"".join(b"%d,%d\n" % (number, number % 2) for number in range(1, 31))
    object_id = desk.lands("stays/a.csv", body)

    _, told = desk.asks("show", object_id[:8])
    page = desk.reads("show", object_id[:8])

    assert len(told["rows"]) == 15
    assert told["pages"] == [f"s3://{desk.world.quarantine}/rows/stays/{object_id}/report.html"]
    assert told["pages"][0] in page.replace("\n", "")
    assert [f"line {line}: " in page for line in (3, 5, 7, 9, 11)] == [True] * 5
    words = " ".join(page.split())
    assert f"tidegate quarantine export {object_id[:8]} --to FOLDER → If the rule" in words
    assert f"tidegate quarantine replay {object_id[:8]} --dry-run As a page" in words
