"""Personal values are disguised before anything keeps them, and stand in nothing that people read."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from functions import publish, transform, validate
from tests.functions.world import Context, World, messages
from tidegate import aws
from tidegate.contract.personal import TOKEN_START
from tidegate.contract.verdict import MASK
from tidegate.lake.entry import State
from tidegate.lake.vault import TableVault
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = b"email,name,phone,note,nights\n"


@pytest.fixture(autouse=True)
def _fresh(world: World) -> None:
    new_process()


def new_process() -> None:
    validate.intake.cache_clear()
    transform.step.cache_clear()


def flow(world: World, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Deliver everything that follows; all facts are returned."""
    said: list[dict[str, Any]] = []
    validate.handler(messages(*events), Context())
    while heard := world.heard():
        said += heard
        for fact in heard:
            kind = fact["detail-type"]
            if kind == "FileValidated" and fact["detail"]["needs_transform"]:
                transform.handler(messages(fact), Context())
            elif kind in ("FileValidated", "FileTransformed"):
                publish.handler(messages(fact), Context())
    return said


def vault(world: World) -> TableVault:
    return TableVault(aws.client("dynamodb"), world.settings[Setting.VAULT_TABLE])


@pytest.mark.parametrize("dataset", ["guests", "stepped_guests"])
def test_what_is_published_is_a_hash_a_token_and_a_mark(world: World, dataset: str) -> None:
    world.create_table(dataset)
    flow(world, world.put(f"{dataset}/a.csv", HEADER + b"ann@x.org,Ann,555-1,,2\nbo@x.org,Bo,,,3\n"))

    rows = world.rows(dataset).sort("nights")

    assert rows["email"].str.contains("^[0-9a-f]{64}$").all()
    assert rows["name"].str.starts_with(TOKEN_START).all()
    assert list(vault(world).reveal(rows["name"]).values()) == ["Ann", "Bo"]
    if dataset == "guests":
        assert rows["phone"].to_list() == [MASK, None]


def test_equal_values_stay_equal_in_every_file_dataset_and_process(world: World) -> None:
    for number, dataset in enumerate(("guests", "guests", "stepped_guests")):
        new_process()
        world.create_table(dataset)
        flow(world, world.put(f"{dataset}/{number}.csv", HEADER + b"ann@x.org,Ann,,,2\n"))

    every = pl.concat(
        [world.rows(name).select("email", "name", "nights") for name in ("guests", "stepped_guests")]
    )
    assert every.height == 3
    assert every.unique().height == 1


def test_another_environment_has_another_key(world: World) -> None:
    plain = pl.DataFrame({"email": ["ann@x.org"]})
    columns = validate.intake().at.datasets["guests"].on_arrival
    ours = validate.intake().disguises
    other = aws.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    theirs = type(ours)(ours.kms, other["KeyMetadata"]["KeyId"], ours.vault)

    assert ours.disguise(columns).names(plain).item() == ours.disguise(columns).names(plain).item()
    assert ours.disguise(columns).names(plain).item() != theirs.disguise(columns).names(plain).item()


def test_a_dataset_without_such_columns_asks_for_no_key(world: World) -> None:
    world.create_table("trips")
    asked: list[str] = []
    aws.client("kms").meta.events.register("before-call.kms", lambda **_: asked.append("kms"))

    flow(world, world.put("trips/a.csv", b"id,rider,price,day\n1,ann,2.5,2013-01-01\n"))

    assert world.rows("trips").height == 1
    assert asked == []


CANARIES = [f"canary{number:02}q{number * 7919 % 9973:04}" for number in range(50)]


def planted(dataset: str, secret: Iterator[str]) -> list[bytes]:
    """Files that are wrong in every way in which a row or a file can be, each with secrets of its own."""

    def row(nights: str = "2", **given: str) -> bytes:
        cells = {"email": f"{next(secret)}@x.org", "name": next(secret), "phone": next(secret), "note": ""}
        return ",".join([*(given.get(name, cells[name]) for name in cells), nights]).encode() + b"\n"

    good, twice = row(), row()
    return [
        HEADER + good + row("0") + row("x") + row(email=next(secret)) + row(name="") + row(name="n" * 61),
        HEADER + good.replace(b"2\n", b"3\n") + twice + twice,
        HEADER + row() + b'"' + row() + row("2,3") + row().replace(b"@", b"\xff@") + row(),
        row() + row(),
        HEADER + b"".join(row("-1") for _ in range(2)),
        HEADER + (row("13") if dataset == "stepped_guests" else row("31")),
        (HEADER + row())[:-9],
    ]


@pytest.mark.parametrize("dataset", ["guests", "stepped_guests"])
def test_fifty_secrets_stand_in_no_log_metric_report_event_ledger_or_table(
    world: World,
    dataset: str,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    world.create_table(dataset)
    used: list[str] = []

    def secrets() -> Iterator[str]:
        for canary in CANARIES * 2:
            used.append(canary)
            yield canary

    events = [
        world.put(f"{dataset}/{number}.csv", body) for number, body in enumerate(planted(dataset, secrets()))
    ]
    said = flow(world, *events)

    assert set(used) == set(CANARIES)
    assert {world.entry(event).state for event in events} >= {State.PARTLY_PUBLISHED, State.QUARANTINED}
    assert world.rows(dataset).height > 3
    told = "".join([*capsys.readouterr(), caplog.text, *(str(vars(record)) for record in caplog.records)])
    assert "file checked" in told
    assert "RowsQuarantined" in told
    assert leaked(told) == leaked(json.dumps(said)) == []
    assert leaked(str([world.entry(event) for event in events])) == []
    for bucket, evidence in ((world.lake, ("nothing",)), (world.quarantine, ("bytes-", "original"))):
        for key, text in kept(world, bucket):
            if not key.rpartition("/")[2].startswith(evidence):
                assert leaked(text) == [], key


def leaked(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def kept(world: World, bucket: str) -> Iterator[tuple[str, str]]:
    """Every object as text, Parquet unpacked."""
    pages = world.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    for key in [found["Key"] for page in pages for found in page.get("Contents", ())]:
        body = world.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        if key.endswith(".parquet"):
            yield key, str(pl.read_parquet(io.BytesIO(body)).to_dicts())
        yield key, body.decode(errors="replace")
