"""The container's programs, run as processes on real flights, as SageMaker runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from infra.local.ministack.embedded_metrics import read as metrics
from tests.clouds import eventually, free_port
from tests.pipelines import real
from tests.tidegate.models.lookup_items import make_table, put_all
from tests.tidegate.models.test_gating import RUN
from tidegate import find
from tidegate.models.captures import read, version_of
from tidegate.models.container import personal_of
from tidegate.models.onnx_model import load
from tidegate.models.snapshot import OBJECT_ID, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
MODEL = find.model("flight_delay")
DATASETS = {name: find.dataset(name) for name in MODEL.reads}
TABLES = {"flights": real.flights, "weather": real.weather, "planes": real.planes}
BUCKET = "artefact-of-the-container"
RECORD = RUN.__class__(**{**vars(RUN), "tables": dict.fromkeys(TABLES, "1")})


def run(base: Path, step: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tidegate.models.container", step]
    return subprocess.run(command, env=environment(base, **more), capture_output=True, text=True, check=False)


def environment(base: Path, **more: str) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    return {**os.environ, "SAGEMAKER_BASE_DIR": str(base), "PYTHONPATH": paths, **more}


@dataclass(frozen=True)
class Trained:
    """The folders of the three jobs, one after the other."""

    data: Path
    train: Path
    evaluate: Path
    report: dict[str, Any]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    data, train, evaluate = (tmp_path_factory.mktemp(name) for name in ("data", "train", "evaluate"))
    snapshot(
        MODEL,
        DATASETS,
        RECORD,
        lambda name, _: TABLES[name]().with_columns(_object_id=pl.lit("a" * 32)),
        data,
    )
    shutil.copytree(data / "train", train / "input" / "data" / "train")
    shutil.copytree(data / "lookups", train / "input" / "data" / "lookups")
    done = run(train, "train")
    assert done.returncode == 0, done.stderr
    archive = evaluate / "processing" / "model" / "model.tar.gz"
    archive.parent.mkdir(parents=True)
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(train / "model", arcname=".")
    shutil.copytree(archive.parent, evaluate / "processing" / "champion")
    shutil.copytree(data, evaluate / "processing" / "data")
    done = run(evaluate, "evaluate")
    assert done.returncode == 0, done.stderr
    report = json.loads((evaluate / "processing" / "evaluation" / "evaluation.json").read_text())
    return Trained(data, train, evaluate, report)


def test_the_snapshot_is_split_by_time_and_names_its_source_files(trained: Trained) -> None:
    told = json.loads((trained.data / "train" / "material.json").read_text())
    assert told["sources"] == {name: ["a" * 32] for name in TABLES}
    assert told["run"]["run"] == RECORD.run
    assert min(told["rows"].values()) > 5000
    assert OBJECT_ID not in told["known"]


def test_a_training_leaves_two_files_that_fit_each_other(trained: Trained) -> None:
    assert sorted(path.name for path in (trained.train / "model").iterdir()) == ["model.json", "model.onnx"]
    card = load(trained.train / "model").card
    assert (card["run"], card["tables"]) == (RECORD.run, dict(RECORD.tables))
    assert card["parity"]["greatest_difference"] < card["parity"]["allowed"]
    assert set(card["environment"]) >= {"python", "scikit-learn", "skl2onnx", "packages"}
    assert set(card["summaries"]) == set(card["features"])


def test_an_evaluation_compares_with_the_champion_and_both_baselines_on_the_same_rows(
    trained: Trained,
) -> None:
    report = trained.report
    assert report["challenger"]["auc"] > MODEL.least_auc > report["base_rate"]["auc"] == 0.5
    assert report["over_one_feature"]["auc"] > 0.03
    assert (
        report["champion"]["auc"] == report["challenger"]["auc"]
    )  # the challenger itself was put in its place
    assert (report["over_champion"]["low"], report["over_champion"]["high"]) == (0, 0)


def test_an_evaluation_leaves_rows_that_later_requests_are_compared_with(trained: Trained) -> None:
    kept = pl.read_parquet(trained.evaluate / "processing" / "evaluation" / "reference.parquet")
    card = load(trained.train / "model").card
    assert kept.columns == [*card["features"], "_moment", "_score"]
    assert kept["_moment"].dt.month().n_unique() >= 2
    assert 0 < kept["_score"].min() < kept["_score"].max() < 1  # type: ignore[operator]


def test_the_same_data_and_seed_give_the_same_model_and_card_to_the_byte(
    trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.train / "input", tmp_path / "input")
    assert run(tmp_path, "train").returncode == 0
    for name in ("model.onnx", "model.json"):
        assert (tmp_path / "model" / name).read_bytes() == (trained.train / "model" / name).read_bytes()


@pytest.mark.parametrize(("arguments", "said"), [("nonsense", "names no step"), ("snapshot", "run.json")])
def test_a_failure_leaves_its_reason_where_sagemaker_looks(tmp_path: Path, arguments: str, said: str) -> None:
    assert run(tmp_path, arguments).returncode == 1
    assert said in (tmp_path / "output" / "failure").read_text()


@dataclass(frozen=True)
class Served:
    """An endpoint's container that answers."""

    url: str
    process: subprocess.Popen[bytes]

    def ask(
        self, body: bytes, path: str = "/invocations", method: str = "POST", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(self.url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


@pytest.fixture(scope="module")
def served(trained: Trained, cloud: Any) -> Iterator[Served]:
    table = make_table(cloud.client("dynamodb"))
    cloud.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    put_all(cloud.client("dynamodb"), table, MODEL.lookups, real.lookups(), days=3)
    port = free_port()
    told = serving(trained, port, table)
    command = [sys.executable, "-m", "tidegate.models.container", "serve"]
    process = subprocess.Popen(command, env=environment(trained.train, **told), stdout=subprocess.PIPE)
    try:
        yield wait(Served(f"http://127.0.0.1:{port}", process), process)
    finally:
        process.terminate()
        process.wait(10)


def serving(trained: Trained, port: int, table: str) -> dict[str, str]:
    return {
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "TIDEGATE_BIND_HOST": "127.0.0.1",
        "TIDEGATE_ENVIRONMENT": "laptop",
        "TIDEGATE_MODEL_NAME": "flight_delay",
        "TIDEGATE_MODEL_VERSION": "3",
        "TIDEGATE_MODEL_SHA256": trained.report["sha256"],
        "TIDEGATE_LOOKUP_TABLE": table,
        "TIDEGATE_ARTEFACT_BUCKET": BUCKET,
    }


def wait(endpoint: Served, process: subprocess.Popen[bytes]) -> Served:
    def answers() -> bool:
        assert process.poll() is None, "the endpoint ended"
        try:
            return endpoint.ask(b"", "/ping", "GET")[0] == 200
        except urllib.error.URLError:
            return False

    eventually(answers)
    return endpoint


def request_rows(count: int) -> list[dict[str, Any]]:
    columns = DATASETS["flights"].known_by(MODEL.known_by)
    first = real.flights().filter(real.flights()["day"] == 2).head(count).select(columns)
    return [json.loads(json.dumps(row, default=lambda at: at.isoformat())) for row in first.rows(named=True)]


def test_the_endpoint_says_which_version_it_is(served: Served, trained: Trained) -> None:
    told = served.ask(b'{"describe": true}')[1]
    assert (told["model"], told["version"], told["run"]) == ("flight_delay", 3, RECORD.run)
    assert told["sha256"] == trained.report["sha256"]


def test_a_live_answer_equals_the_training_features_scored_row_for_row(
    served: Served, trained: Trained
) -> None:
    rows = request_rows(300)
    status, answer = served.ask(json.dumps({"rows": rows}).encode())
    assert status == 200, answer
    onnx = load(trained.train / "model")
    table = real.flights().filter(real.flights()["day"] == 2).head(300)
    features = MODEL.features(table, real.lookups()).select(onnx.features)
    expected = onnx.scores(features.to_numpy().astype("float32"))
    assert [one["score"] for one in answer["predictions"]] == pytest.approx(expected.tolist(), abs=2e-6)


def test_one_bare_row_is_answered(served: Served) -> None:
    status, answer = served.ask(json.dumps(request_rows(1)[0]).encode())
    assert status == 200
    assert len(answer["predictions"]) == 1


def test_a_broken_row_gets_422_that_names_the_column(served: Served) -> None:
    rows = request_rows(2)
    rows[1]["origin"] = "XXX"
    status, answer = served.ask(json.dumps({"rows": rows}).encode())
    assert status == 422
    assert answer["error"]["rows"][0] | {"said": ""} == {
        "row": 1,
        "column": "origin",
        "check": "isin",
        "said": "",
    }


@pytest.mark.parametrize("column", ["arr_delay", "dep_time", "nonsense"])
def test_a_column_that_is_not_known_yet_gets_422_that_names_it(served: Served, column: str) -> None:
    status, answer = served.ask(json.dumps({**request_rows(1)[0], column: 1}).encode())
    assert status == 422
    assert column in json.dumps(answer["error"]["rows"])


def test_a_request_that_is_too_large_gets_413(served: Served) -> None:
    assert served.ask(b" " * 1_000_001)[0] == 413
    assert served.ask(json.dumps({"rows": request_rows(1) * 501}).encode())[0] == 413


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/", "GET", 404), ("/ping", "POST", 405), ("/invocations", "GET", 405)]
)
def test_other_paths_and_methods_are_refused(served: Served, path: str, method: str, status: int) -> None:
    assert served.ask(b"", path, method)[0] == status


def test_an_archive_that_vouches_for_itself_is_refused_where_the_registry_names_another_model(
    trained: Trained, tmp_path: Path
) -> None:
    shutil.copytree(trained.train / "model", tmp_path / "model")
    told = {**serving(trained, free_port(), "none"), "TIDEGATE_MODEL_SHA256": "0" * 64}
    assert run(tmp_path, "serve", **told).returncode == 1
    assert "while the registry names 0000" in (tmp_path / "output" / "failure").read_text()
    told = {**serving(trained, free_port(), "none"), "TIDEGATE_MODEL_NAME": "fares"}
    assert run(tmp_path, "serve", **told).returncode == 1
    assert "its archive holds flight_delay" in (tmp_path / "output" / "failure").read_text()


def test_what_was_answered_is_captured_and_counted_at_the_latest_when_the_container_ends(
    served: Served, cloud: Any
) -> None:
    named = {"X-Amzn-SageMaker-Inference-Id": "order-7"}
    status, answer = served.ask(json.dumps({"rows": request_rows(2)}).encode(), **named)
    assert (status, answer["id"]) == (200, "order-7")
    served.process.terminate()
    said, _ = served.process.communicate(timeout=20)
    s3 = cloud.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET, Prefix="captures/")["Contents"]]
    kept = [line for key in keys for line in read(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())]
    assert {(version_of(key), key.split("/")[1]) for key in keys} == {(3, "flight_delay")}
    ours = [line for line in kept if line["id"] == "order-7"]
    assert [line["row"] for line in ours] == request_rows(2)
    assert [line["score"] for line in ours] == [one["score"] for one in answer["predictions"]]
    assert ours[0]["features"]["distance"] == ours[0]["row"]["distance"]
    measured = [datum for line in said.decode().splitlines() for datum in metrics(line)]
    named = {"environment": "laptop", "model": "flight_delay", "version": "3"}
    added = {
        name: sum(sum(datum.values) for datum in measured if (datum.name, datum.dimensions) == (name, named))
        for name in ("Predictions", "CapturedRows", "LostCaptures")
    }
    assert added == {"Predictions": len(kept), "CapturedRows": len(kept), "LostCaptures": 0}


def test_what_is_personal_to_a_model_are_such_columns_of_everything_that_it_reads() -> None:
    assert personal_of(MODEL) == frozenset()
    assert personal_of(replace(MODEL, request="passengers")) == {"name", "email", "phone"}
