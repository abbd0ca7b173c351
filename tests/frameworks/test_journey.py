"""A model of text goes the whole way on the deployed templates: landed, trained in its environment, streamed.

In a copy of the checkout to which `tidegate model new` added the one folder, and nothing else was done.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from infra.cli import drops
from tests.clouds import eventually, free_port
from tests.house import checkout

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.frameworks
NAME, ENDPOINT = "airport_names", "tidegate-laptop-airport-names"


class Laptop:
    """A checkout with a cloud of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.address = root, ""

    def says(self, *arguments: str, code: int = 0) -> Any:
        """What a command answers, as JSON."""
        done = checkout.tidegate(self.root, *arguments, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def client(self, service: str) -> Any:
        """A client of its cloud."""
        return boto3.client(
            service,
            endpoint_url=self.address,
            region_name="eu-west-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(inject_host_prefix=False),
        )


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    """The model is deployed, its environment is not built, and the names have landed."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "TIDEGATE_"))]:
            patch.delenv(name)
        made = Laptop(checkout.copy(tmp_path_factory.mktemp("laptop") / "checkout"))
        made.says("model", "new", NAME, "--framework", "text", "--of", "airports", "--target", "name")
        made.address = made.says("up", "--port", str(free_port()))["address"]
        try:
            made.says("land", str(drops.folder() / "airports.csv"), "--dataset", "airports")
            yield made
        finally:
            made.says("down")


def _outcomes(laptop: Laptop) -> list[dict[str, Any]]:
    (told,) = laptop.says("models", NAME)
    return [one for one in told["trainings"] if one["status"] != "RUNNING"]


def test_it_is_refused_without_its_environment_and_then_trained_approved_and_streamed(laptop: Laptop) -> None:
    (refused,) = eventually(lambda: _outcomes(laptop), 120)
    assert f"tidegate images build {NAME}" in refused["said"]

    laptop.says("images", "build", NAME)
    laptop.says("train", NAME)
    registry = laptop.client("sagemaker")
    group = {"ModelPackageGroupName": ENDPOINT}
    eventually(lambda: registry.list_model_packages(**group)["ModelPackageSummaryList"], 400)
    laptop.says("approve", NAME)
    eventually(lambda: _in_service(registry), 300)

    asked = {"prompt": "San ", "seed": 1, "temperature": 1}
    whole = laptop.says("predict", NAME, json.dumps(asked))
    assert (whole["model"], whole["version"]) == (NAME, 1)
    laptop.says("predict", NAME, json.dumps({**asked, "longest": 100_000}), code=3)
    answer = laptop.client("sagemaker-runtime").invoke_endpoint_with_response_stream(
        EndpointName=ENDPOINT, ContentType="application/json", Body=json.dumps({**asked, "stream": True})
    )
    parts = [part["PayloadPart"]["Bytes"] for part in answer["Body"]]
    lines = [json.loads(line) for line in b"".join(parts).splitlines()]
    assert "".join(line.get("text", "") for line in lines) == whole["text"]
    assert lines[-1] == {"ended": whole["ended"], "bytes": whole["bytes"]}


def _in_service(registry: Any) -> bool:
    found = registry.list_endpoints(NameContains=ENDPOINT)["Endpoints"]
    return any(one["EndpointStatus"] == "InService" for one in found)
