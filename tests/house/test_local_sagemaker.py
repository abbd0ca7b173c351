"""The page about the local SageMaker says of every operation what the code does with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import botocore.session
import pytest

from infra.local.sagemaker import configs, invocations, refusals
from infra.local.sagemaker.autoscaling import SERVICE as SCALING
from infra.local.sagemaker.backend import Backend
from infra.local.sagemaker.cloud import Cloud, Credentials
from infra.local.sagemaker.config import Config
from tests.house.source import ROOT

if TYPE_CHECKING:
    from pathlib import Path

OF_ENDPOINTS = re.compile(r".*(Endpoint|Inference).*|(Create|Describe|Delete|List)Models?")
OF_TRACKING = re.compile(
    r"[A-Z][a-z]+(Pipeline|ModelCard|Artifact|Action|Context|Association|Lineage|Experiment|Trial|Search|Mlflow)\w*|Search"
)
PAGE = ROOT / "docs" / "local-sagemaker.md"


def rows() -> dict[str, str]:
    """What the tables say of each name in backticks in their first column."""
    lines = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {name: cells[2].strip() for cells in lines for name in re.findall(r"`([^`]+)`", cells[1])}


def operations(service: str) -> set[str]:
    return set(botocore.session.get_session().get_service_model(service).operation_names)


@pytest.fixture
def done(tmp_path: Path) -> set[str]:
    config = Config(root=tmp_path, endpoint_url="http://127.0.0.1:1")
    backend = Backend(config, Cloud(config, Credentials("test", "test")))
    return set(backend.operations) | set(backend.invocations) | set(backend.scaling.operations)


def test_an_operation_is_called_done_if_it_is_and_only_then(done: set[str]) -> None:
    known = operations("sagemaker") | operations("sagemaker-runtime") | operations(SCALING)
    told = {name: said for name, said in rows().items() if name in known}
    assert {name for name, said in told.items() if said.startswith("done")} == done
    assert {said[:3] for name, said in told.items() if name not in done} <= {"501"}


def test_every_operation_of_endpoints_stands_in_the_page() -> None:
    every = {name for name in operations("sagemaker") if OF_ENDPOINTS.fullmatch(name)}
    assert sorted((every | operations("sagemaker-runtime") | operations(SCALING)) - rows().keys()) == []


def test_every_member_and_header_that_is_refused_stands_in_the_page() -> None:
    of_jobs = (*refusals.TRAINING, *refusals.PROCESSING, *refusals.TRANSFORM, *refusals.TUNING)
    refused = (*configs.NOT_HERE, *configs.NOT_OF_A_VARIANT, *invocations.NOT_HERE, *of_jobs)
    assert {name: rows().get(name) for name in refused} == dict.fromkeys(refused, "501")


def test_every_operation_of_pipelines_lineage_experiments_and_cards_stands_in_the_page() -> None:
    every = {name for name in operations("sagemaker") if OF_TRACKING.fullmatch(name)}
    assert len(every) > 60
    assert sorted(every - rows().keys()) == []
