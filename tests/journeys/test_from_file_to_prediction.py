"""From a dropped file to a live prediction: files are put, the approval is answered, events do the rest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from infra.cli import drops, land, ledger, lineage, machines, predict, query, registry, traces
from infra.cli.demo import request_row
from tests.clouds import eventually
from tests.journeys.retraining import retrained
from tidegate.contract.contracts import contracts
from tidegate.errors import NotFound
from tidegate.find import dataset, model
from tidegate.lake.entry import State
from tidegate.models import captures
from tidegate.models.run import resource_name
from tidegate.plan import plan
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from infra.cli.place import Place
    from tidegate.lake.entry import Entry

pytestmark = pytest.mark.journey

MODEL = "flight_delay"
MONTHS = 3  # 80,789 flights: more than starts a training; one month more is less than starts the next
WAIT_SECONDS = 300.0


@dataclass(frozen=True)
class Trained:
    """A training that an event started, and the version that came of it."""

    execution: machines.Execution
    cause: dict[str, Any]
    states: list[str]
    version: registry.Version


@pytest.fixture(scope="module")
def landed(place: Place) -> list[Entry]:
    """Three months of flights and all that the model reads, the aircraft last."""
    data = drops.folder()
    first = [*drops.before_the_flights(MONTHS, data), *drops.flights(MONTHS, data)]
    ids = [land.put(place, drop.key, drop.body) for drop in first]
    entries = land.settled(place, ids, WAIT_SECONDS)
    last = [land.put(place, drop.key, drop.body) for drop in drops.after_the_flights(data)]
    return [*entries, *land.settled(place, last, WAIT_SECONDS)]


@pytest.fixture(scope="module")
def trained(place: Place, landed: list[Entry]) -> Trained:
    """The training that the last publication started."""
    return _trained(place, known=set())


@pytest.fixture(scope="module")
def deployed(place: Place, trained: Trained) -> dict[str, Any]:
    """The approval's deployment: the input of its execution."""
    return _deployed(place, trained.version, known=set())


@pytest.fixture(scope="module")
def flight() -> dict[str, Any]:
    """A request: a flight of the month after, with what was known two hours before it left."""
    chosen = model(MODEL)
    row = drops.a_flight(MONTHS, drops.folder())
    return request_row(row, dataset(chosen.request).known_by(chosen.known_by))


def test_every_row_that_landed_is_published_or_quarantined(place: Place, landed: list[Entry]) -> None:
    sums = ledger.by_dataset(ledger.files(place))
    for name in {entry.dataset for entry in landed}:
        row = sums[name]
        assert row["landed"] == row["published"] + row["quarantined"] + row["discarded"], name
        _, counted = query.select(place, f'SELECT count(*) FROM "{name}"')
        assert counted == [[str(row["published"])]], name


def test_the_file_with_bad_rows_loses_just_these(landed: list[Entry]) -> None:
    late = next(entry for entry in landed if entry.key == "flights/2013-late-news.csv")
    assert (late.state, late.good_rows, late.bad_rows) == (State.PARTLY_PUBLISHED, 36, 4)


def test_the_broken_file_is_quarantined_whole_and_says_which_columns_it_lost(landed: list[Entry]) -> None:
    lost = next(entry for entry in landed if entry.key == "weather/2013-lost-columns.csv")
    assert lost.state is State.QUARANTINED
    assert "visib" in lost.reason


def test_the_training_was_started_by_the_publication_of_a_table(trained: Trained) -> None:
    assert trained.cause["kind"] == "TablePublished"
    assert trained.cause["event"]["source"] == "tidegate"
    assert trained.cause["event"]["detail"]["dataset"] in model(MODEL).reads


def test_the_model_beats_the_base_rate_and_the_one_feature_baseline(trained: Trained) -> None:
    told = trained.version.number
    assert (told("auc") or 0) > (told("one_feature_auc") or 1) > 0.5
    assert (told("log_loss") or 9) < (told("base_rate_log_loss") or 0)


def test_the_version_waited_for_an_approval(trained: Trained) -> None:
    assert trained.version.version == 1
    assert trained.version.status == registry.PENDING


def test_the_deployment_was_started_by_the_approval(deployed: dict[str, Any], trained: Trained) -> None:
    assert (deployed["source"], deployed["detail-type"]) == ("tidegate", "ModelApproved")
    assert deployed["detail"]["package_arn"] == trained.version.arn


def test_a_flight_gets_a_prediction_and_the_files_behind_it(
    place: Place, deployed: dict[str, Any], flight: dict[str, Any], landed: list[Entry]
) -> None:
    status, told = predict.ask(place, MODEL, json.dumps({"rows": [flight]}).encode())
    assert status == 200
    assert (told["model"], told["version"]) == (MODEL, 1)
    assert 0 < told["predictions"][0]["score"] < 1
    behind = lineage.of(place, MODEL, told["version"])
    learned = {entry.key for entries in behind.files.values() for entry in entries}
    read = {
        entry.key for entry in landed if entry.dataset in model(MODEL).reads and ledger.published_rows(entry)
    }
    assert learned == read


def test_the_runtime_answers_as_the_api_does(
    place: Place, deployed: dict[str, Any], flight: dict[str, Any]
) -> None:
    body = json.dumps({"rows": [flight]}).encode()
    _, by_api = predict.ask(place, MODEL, body)
    by_runtime = place.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=resource_name(place.environment, MODEL),
        ContentType="application/json",
        Body=body,
        InferenceId="order-7",
    )
    assert json.loads(by_runtime["Body"].read()) == {**by_api, "id": "order-7"}


def test_a_prediction_is_captured_under_its_id(
    place: Place, deployed: dict[str, Any], flight: dict[str, Any]
) -> None:
    told = predict.ask(place, MODEL, json.dumps({"rows": [flight]}).encode())[1]
    s3, bucket = place.client("s3"), place.settings[Setting.ARTEFACT_BUCKET]

    def captured() -> list[dict[str, Any]]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"captures/{MODEL}/").get("Contents", [])
        files = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in found]
        return [line for file in files for line in captures.read(file) if line["id"] == told["id"]]

    (line,) = eventually(captured)
    assert (line["row"], line["score"]) == (flight, told["predictions"][0]["score"])


def test_what_the_endpoint_says_of_itself_is_a_metric_of_its_version(
    place: Place, deployed: dict[str, Any], flight: dict[str, Any]
) -> None:
    predict.ask(place, MODEL, json.dumps({"rows": [flight]}).encode())
    named = {"environment": place.environment, "model": MODEL, "version": "1"}
    now = datetime.now(UTC)

    def measured() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = place.client("cloudwatch").get_metric_statistics(
            Namespace="Tidegate",
            MetricName="Predictions",
            Dimensions=[{"Name": name, "Value": value} for name, value in named.items()],
            StartTime=now - timedelta(minutes=30),
            EndTime=now + timedelta(minutes=30),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        return found

    assert sum(point["Sum"] for point in eventually(measured)) >= 1


def test_answers_lead_back_to_their_files_and_contracts_and_a_retrain_gives_the_same_model(
    place: Place,
    deployed: dict[str, Any],
    trained: Trained,
    flight: dict[str, Any],
    figure: Callable[[int], int],
    tmp_path: Path,
) -> None:
    body = json.dumps({"rows": [flight]}).encode()
    ids = {predict.ask(place, MODEL, body)[1]["id"] for _ in range(figure(100))}
    assert len(ids) == figure(100)
    found = eventually(lambda: _traced(place, ids), WAIT_SECONDS)
    versions = {trace.version for trace in found.values()}
    behind = {version: lineage.of(place, MODEL, version) for version in versions}
    for one in behind.values():
        assert lineage.missing(place, one) == []
        for name, contract in one.run.contracts.items():
            assert contract == plan().dataset(name).contract
            checked_by = {file.contract_version for file in one.files[name]}
            assert checked_by == {contracts()[name].plan.version}, name
    again = retrained(place, behind[trained.version.version].run, tmp_path)
    assert again["sha256"] == trained.version.told["sha256"]
    assert f"{again['challenger']['auc']:.6f}" == trained.version.told["auc"]


@pytest.mark.parametrize(
    "junk",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half a document"),
        pytest.param(b"\x00\xff\xfe", id="bytes"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'{"rows": []}', id="no rows"),
        pytest.param(b'{"rows": [{"no": "such column"}]}', id="another's columns"),
        pytest.param(b'{"rows": [null, 7]}', id="rows that are none"),
        pytest.param(b'{"rows": ' + b"[" * 5000 + b"]" * 5000 + b"}", id="deep"),
    ],
)
def test_a_junk_request_is_the_callers_fault(place: Place, deployed: dict[str, Any], junk: bytes) -> None:
    status, told = predict.ask(place, MODEL, junk)
    assert 400 <= status < 500, told
    assert told["error"]["what"]


def test_a_wrong_value_is_refused_with_422_and_its_column(
    place: Place, deployed: dict[str, Any], flight: dict[str, Any]
) -> None:
    status, told = predict.ask(place, MODEL, json.dumps({"rows": [{**flight, "origin": "XXX"}]}).encode())
    assert status == 422
    assert [(row["row"], row["column"]) for row in told["error"]["rows"]] == [(0, "origin")]


def test_through_the_runtime_a_wrong_value_is_a_model_error_with_status_422(
    place: Place, deployed: dict[str, Any], flight: dict[str, Any]
) -> None:
    body = json.dumps({"rows": [{**flight, "origin": "XXX"}]}).encode()
    with pytest.raises(ClientError) as refused:
        place.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=resource_name(place.environment, MODEL), ContentType="application/json", Body=body
        )
    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert refused.value.response["OriginalStatusCode"] == 422


def test_a_model_that_does_not_exist_is_not_found(place: Place, deployed: dict[str, Any]) -> None:
    assert predict.ask(place, "no_such_model", b"{}")[0] == 404


def test_a_small_month_starts_no_training_but_the_schedule_does(
    place: Place, trained: Trained, deployed: dict[str, Any]
) -> None:
    month = MONTHS + 1
    text = dict(drops.by_month(drops.all_flights(drops.folder()), range(month, month + 1)))[month]
    body = b"\n".join([*text.splitlines()[:1], *text.splitlines()[4000:12000]]) + b"\n"
    (entry,) = land.settled(place, [land.put(place, f"flights/2013-{month:02}-part.csv", body)], WAIT_SECONDS)
    assert entry.state is State.PUBLISHED
    known = {one.name for one in machines.executions(place, Setting.TRAINING_MACHINE_ARN)}
    assert known == {trained.execution.name}
    _strike_soon(place)
    second = _trained(place, known)
    assert second.cause["kind"] == "Schedule"
    deployments = {one.name for one in machines.executions(place, Setting.DEPLOYMENT_MACHINE_ARN)}
    approved = _deployed(place, second.version, deployments)
    assert approved["detail"]["version"] == 2
    serving = registry.endpoint(place, MODEL)
    assert serving is not None
    assert serving["version"] == 2


def _traced(place: Place, ids: set[str]) -> dict[str, traces.Trace] | None:
    """What was captured of these answers, once all of it lies there."""
    try:
        return traces.find(place, ids, MODEL)
    except NotFound:
        return None


def _trained(place: Place, known: set[str]) -> Trained:
    started = machines.wait_for(place, Setting.TRAINING_MACHINE_ARN, known, WAIT_SECONDS)
    cause = machines.execution_input(place, started)["cause"]
    states: list[str] = []
    machines.follow(place, started, states.append, WAIT_SECONDS)
    made = [one for one in registry.versions(place, MODEL) if one.told["run"] == started.name]
    assert len(made) == 1, states
    return Trained(started, cause, states, made[0])


def _deployed(place: Place, version: registry.Version, known: set[str]) -> dict[str, Any]:
    registry.approve(place, version, "approved by the journey")
    started = machines.wait_for(place, Setting.DEPLOYMENT_MACHINE_ARN, known, WAIT_SECONDS)
    machines.follow(place, started, lambda _: None, WAIT_SECONDS)
    return machines.execution_input(place, started)


def _strike_soon(place: Place) -> None:
    """Let the model's own schedule strike in a few seconds, everything else of it left as it was deployed."""
    scheduler = place.client("scheduler")
    pages = scheduler.get_paginator("list_schedules").paginate()
    listed = [one for page in pages for one in page["Schedules"]]
    found = [scheduler.get_schedule(Name=one["Name"], GroupName=one["GroupName"]) for one in listed]
    trains = [one for one in found if one["GroupName"].endswith("-retrains")]
    (ours,) = [one for one in trains if MODEL in one["Target"].get("Input", "")]
    at = datetime.now(UTC) + timedelta(seconds=3)
    kept = ("Name", "GroupName", "Target", "FlexibleTimeWindow", "State", "Description")
    scheduler.update_schedule(
        **{name: ours[name] for name in kept if name in ours},
        ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
        ScheduleExpressionTimezone="UTC",
    )
