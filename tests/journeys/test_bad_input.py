"""Every bad file ends in quarantine with a clear reason, its original kept; nothing else waits for it."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from infra.cli import drops, land, ledger, query
from tidegate.lake import layout
from tidegate.lake.entry import State
from tidegate.settings import Setting

if TYPE_CHECKING:
    from infra.cli.place import Place
    from tidegate.lake.entry import Entry

pytestmark = pytest.mark.journey

WAIT_SECONDS = 120.0
GOOD = b"carrier,name\nZZ,Zeppelin Air\n"


@dataclass(frozen=True)
class Bad:
    """One bad file, and what its reason must name."""

    key: str
    body: bytes
    says: str


BAD = {
    "unknown prefix": Bad("nobodys/things.csv", GOOD, "nobodys"),
    "no prefix": Bad("things.csv", GOOD, ""),
    "empty": Bad("airlines/empty.csv", b"", "empty"),
    "header only": Bad("airlines/header.csv", b"carrier,name\n", "row"),
    "missing column": Bad("airlines/missing.csv", b"carrier\nZZ\n", "name"),
    "extra column": Bad("airlines/extra.csv", b"carrier,name,motto\nZZ,Zeppelin Air,Up\n", "motto"),
    "wrong type": Bad("planes/types.csv", b"", "rows"),
    "binary junk": Bad("airlines/junk.csv", bytes(range(256)) * 40, ""),
    "torn gzip": Bad("airlines/torn.csv.gz", gzip.compress(GOOD * 1000)[:-20], "gzip"),
}
ODD_KEY = "airlines/a key + of ../../spaces & +/../%2e%2e.csv"


@pytest.fixture(scope="module")
def landed(place: Place) -> dict[str, Entry]:
    """All bad files at once, with one good file in their middle and one whose key is hostile."""
    bodies = {name: (bad.key, bad.body or _planes(name)) for name, bad in BAD.items()}
    bodies["good"] = ("airlines/good.csv", GOOD)
    bodies["odd key"] = (ODD_KEY, GOOD.replace(b"ZZ", b"YY"))
    ids = {name: land.put(place, key, body) for name, (key, body) in bodies.items()}
    found = {entry.object_id: entry for entry in land.settled(place, list(ids.values()), WAIT_SECONDS)}
    return {name: found[object_id] for name, object_id in ids.items()}


def _planes(name: str) -> bytes:
    if name == "empty":
        return b""
    header, *lines = (drops.folder() / "planes.csv").read_bytes().splitlines()[:5]
    return b"\n".join([header, *(line.replace(b",", b",soon-", 1) for line in lines)]) + b"\n"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_ends_in_quarantine_with_a_reason(landed: dict[str, Entry], name: str) -> None:
    assert landed[name].state is State.QUARANTINED
    assert landed[name].reason
    assert BAD[name].says in landed[name].reason


@pytest.mark.parametrize("name", [name for name in BAD if name != "wrong type"])
def test_the_original_of_a_bad_file_is_kept(place: Place, landed: dict[str, Entry], name: str) -> None:
    entry = landed[name]
    s3, bucket = place.client("s3"), place.settings[Setting.QUARANTINE_BUCKET]
    kept = s3.list_objects_v2(Bucket=bucket, Prefix="files/")["Contents"]
    (original,) = [one["Key"] for one in kept if one["Key"].endswith(f"/{entry.object_id}/original")]
    assert s3.get_object(Bucket=bucket, Key=original)["Body"].read() == BAD[name].body
    report = json.loads(
        s3.get_object(Bucket=bucket, Key=original.replace("original", "report.json"))["Body"].read()
    )
    assert entry.key in json.dumps(report, ensure_ascii=False)


def test_a_file_all_of_whose_rows_are_bad_keeps_them_with_their_reasons(
    place: Place, landed: dict[str, Entry]
) -> None:
    entry = landed["wrong type"]
    assert (entry.good_rows, entry.bad_rows) == (0, 4)


def test_a_good_file_among_them_is_published(place: Place, landed: dict[str, Entry]) -> None:
    assert landed["good"].state is State.PUBLISHED
    assert query.select(place, "SELECT name FROM airlines WHERE carrier = 'ZZ'")[1] == [["Zeppelin Air"]]


def test_a_table_is_described_with_its_first_column(place: Place) -> None:
    _, rows = query.select(place, "DESCRIBE airlines")
    assert [str(name).split()[0] for (name,) in rows] == ["carrier", "name", "_object_id"]


def test_a_hostile_key_becomes_no_key_of_ours(place: Place, landed: dict[str, Entry]) -> None:
    assert landed["odd key"].state is State.PUBLISHED
    s3 = place.client("s3")
    for setting in (Setting.LAKE_BUCKET, Setting.QUARANTINE_BUCKET):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.settings[setting])
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        assert [key for key in keys if ".." in key or "+" in key or " " in key] == []


def test_an_event_delivered_three_times_more_changes_nothing(place: Place, landed: dict[str, Entry]) -> None:
    before = ledger.file(place, landed["good"].object_id)
    for _ in range(3):
        _deliver_again(place, before)
    _wait_until_empty(place, Setting.LANDED_QUEUE_URL)
    _wait_until_empty(place, Setting.PUBLISH_QUEUE_URL)
    after = ledger.file(place, landed["good"].object_id)
    assert (after.state, after.good_rows, after.claimed_at) == (
        before.state,
        before.good_rows,
        before.claimed_at,
    )
    _, rows = query.select(place, "SELECT count(*) FROM airlines WHERE carrier = 'ZZ'")
    assert rows == [["1"]]


def _deliver_again(place: Place, entry: Entry) -> None:
    """The message that S3's event made, as EventBridge puts it into the queue."""
    event = {
        "version": "0",
        "id": layout.object_id(entry.bucket, entry.key, "again"),
        "detail-type": "Object Created",
        "source": "aws.s3",
        "account": "000000000000",
        "time": entry.landed_at,
        "region": place.region,
        "resources": [f"arn:aws:s3:::{entry.bucket}"],
        "detail": {
            "version": "0",
            "bucket": {"name": entry.bucket},
            "object": {
                "key": entry.key,
                "size": entry.size,
                "etag": entry.etag,
                "version-id": entry.version_id,
            },
            "reason": "PutObject",
        },
    }
    place.client("sqs").send_message(
        QueueUrl=place.settings[Setting.LANDED_QUEUE_URL], MessageBody=json.dumps(event)
    )


def _wait_until_empty(place: Place, queue: Setting) -> None:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        told = place.client("sqs").get_queue_attributes(QueueUrl=place.settings[queue], AttributeNames=names)
        if all(int(told["Attributes"][name]) == 0 for name in names):
            return
        time.sleep(0.2)
    raise AssertionError(f"{queue.parameter} is not empty after a minute")
