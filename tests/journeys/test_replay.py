"""What a person does with a quarantine, on the deployed system: mend the contract, judge again, discard."""

from __future__ import annotations

import io
import json
import urllib.request
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from infra.cli import land, ledger, query
from infra.cli import main as command
from infra.cli.place import LAPTOP
from infra.cli.quarantine.deployed import differing
from tests.clouds import eventually
from tidegate.lake.entry import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from infra.cli.place import Place
    from tidegate.lake.entry import Entry

pytestmark = pytest.mark.journey

WAIT_SECONDS = 120.0
BODY = b"carrier,name\nQA,First Air\nQAB,Second Air\nqa,Third Air\n"
TWO, THREE = "^[A-Z0-9]{2}$", "^[A-Z0-9]{2,3}$"


@pytest.fixture(scope="module")
def landed(place: Place) -> Entry:
    """A file with a code of three letters, and one in small letters."""
    (entry,) = land.settled(place, [land.put(place, "airlines/codes.csv", BODY)], WAIT_SECONDS)
    assert (entry.state, entry.bad_rows) == (State.PARTLY_PUBLISHED, 2)
    return entry


@contextmanager
def deployed_contract(place: Place, before: str, after: str) -> Iterator[None]:
    """Within, the deployed function has another contract of `airlines`, as after a deployment."""
    client, name = place.client("lambda"), f"tidegate-{place.environment}-validate"
    with urllib.request.urlopen(client.get_function(FunctionName=name)["Code"]["Location"]) as answer:
        code = answer.read()
    client.update_function_code(FunctionName=name, ZipFile=_changed(code, before, after))
    eventually(lambda: _is_ready(client, name))
    try:
        yield
    finally:
        client.update_function_code(FunctionName=name, ZipFile=code)
        eventually(lambda: _is_ready(client, name))


def _is_ready(client: Any, name: str) -> bool:
    told = client.get_function(FunctionName=name)["Configuration"]
    return bool(told.get("LastUpdateStatus", "Successful") == "Successful")


def _changed(code: bytes, before: str, after: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(code)) as old, zipfile.ZipFile(made, "w") as new:
        for item in old.infolist():
            body = old.read(item)
            if item.filename == "contracts/airlines.json":
                assert before.encode() in body
                body = body.replace(before.encode(), after.encode())
            new.writestr(item, body)
    return made.getvalue()


def asks(place: Place, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    """The exit code and the document of `tidegate quarantine …`, at the journey's own cloud."""
    assert place.cloud is not None
    with pytest.MonkeyPatch.context() as environment:
        for name, value in place.cloud.environment().items():
            environment.setenv(name, value)
        capsys.readouterr()
        code = command.main(["quarantine", *words, "--json", "--environment", LAPTOP])
    return code, json.loads(capsys.readouterr().out)


def published(place: Place) -> list[str]:
    _, rows = query.select(place, "SELECT carrier FROM airlines WHERE carrier LIKE 'QA%' ORDER BY carrier")
    return [str(row[0]) for row in rows]


def test_what_a_mended_contract_lets_pass_is_published_once_and_the_rest_stays(
    place: Place, landed: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    assert differing(place, ["airlines"]) == []
    code, (told,) = asks(place, capsys, "replay", landed.object_id, "--dry-run")
    assert (code, told["recovered_rows"]) == (0, 0)
    assert "nothing new" in told["note"]
    with deployed_contract(place, TWO, THREE):
        code, (told,) = asks(place, capsys, "replay", landed.object_id)
        assert (code, told["recovered_rows"], told["bad_rows"], told["generation"]) == (1, 1, 1, 1)
        assert published(place) == ["QA", "QAB"]
        _, (told,) = asks(place, capsys, "replay", landed.object_id)
        assert "nothing new" in told["note"]
        assert published(place) == ["QA", "QAB"]
    sums = ledger.by_dataset(ledger.files(place))["airlines"]
    assert sums["landed"] == sums["published"] + sums["quarantined"] + sums["discarded"]


def test_published_rows_stay_until_their_leaving_is_asked_for(
    place: Place, landed: Entry, capsys: pytest.CaptureFixture[str]
) -> None:
    code, (told,) = asks(place, capsys, "replay", landed.object_id)
    assert (code, told["published_rows"]) == (1, 2)
    assert "--retract" in told["note"]
    assert published(place) == ["QA", "QAB"]
    _, (told,) = asks(place, capsys, "replay", landed.object_id, "--retract")
    assert (told["retracted_rows"], told["published_rows"]) == (1, 1)
    assert published(place) == ["QA"]


def test_the_rest_is_exported_and_discarded(
    place: Place, landed: Entry, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, told = asks(place, capsys, "export", landed.object_id, "--to", str(tmp_path / "out"))
    assert (code, told["files"][0]["written"]) == (0, [f"{landed.object_id}.rows.csv"])
    rows = (tmp_path / "out" / f"{landed.object_id}.rows.csv").read_bytes()
    assert rows.splitlines()[0] == b"carrier,name"
    code, _ = asks(place, capsys, "discard", landed.object_id, "--why", "not ours", "--yes")
    assert code == 0
    _, told = asks(place, capsys, "list")
    assert landed.object_id not in [one["object_id"] for one in told]
