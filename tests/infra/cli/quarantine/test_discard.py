"""`tidegate quarantine discard` keeps who decided what, and takes nothing away unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.cli import ledger
from tests.infra.cli.quarantine.conftest import TRIPS

if TYPE_CHECKING:
    from tests.functions.world import World
    from tests.infra.cli.quarantine.conftest import Desk


def evidence(world: World) -> set[str]:
    """The names of the objects in quarantine, without their folders."""
    listed = world.s3.list_object_versions(Bucket=world.quarantine).get("Versions", ())
    return {one["Key"].rpartition("/")[2] for one in listed}


def test_it_is_done_only_when_it_is_meant_and_the_ledger_says_who_and_why(desk: Desk) -> None:
    object_id = desk.lands("trips/a.csv", TRIPS)
    code, told = desk.asks("discard", object_id, "--why", "known noise")
    assert (code, told["error"]["kind"]) == (3, "Refused")
    assert "1 file with 2 bad rows" in told["error"]["what"]
    before = evidence(desk.world)

    code, told = desk.asks("discard", object_id, "--why", "known noise", "--yes")

    assert code == 0
    entry = desk.world.ledger.get(object_id)
    assert (entry.discarded_why, ":iam::" in entry.discarded_by) == ("known noise", True)
    assert entry.discarded_at
    assert evidence(desk.world) == before
    assert desk.asks("list") == (0, [])
    assert [one["object_id"] for one in desk.asks("list", "--discarded")[1]] == [object_id]
    sums = ledger.by_dataset([entry])["trips"]
    assert (sums["landed"], sums["published"], sums["quarantined"], sums["discarded"]) == (3, 1, 0, 2)


def test_rows_and_files_are_removed_only_when_that_is_said_and_reports_stay(desk: Desk) -> None:
    object_id, whole = desk.lands("trips/a.csv", TRIPS), desk.lands("no/a.csv", TRIPS)
    desk.asks("discard", "--all", "--why", "erased on request", "--yes")

    code, told = desk.asks("discard", object_id, whole, "--why", "", "--yes", "--remove-bytes")

    assert (code, told["removed_objects"]) == (0, 3)
    assert evidence(desk.world) == {"report.json", "report.html"}
    assert {one["discarded_why"] for one in told["files"]} == {"erased on request"}
