"""A model card says all that the evaluation found, for people and in the registry's schema."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.tidegate.models import candidates
from tests.tidegate.models.test_gating import RUN
from tidegate.models.card import page
from tidegate.models.evaluate import impersonal
from tidegate.models.gating import package_request, verdicts
from tidegate.models.registry_card import registry_card
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.cloud import LocalCloud


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    champion = candidates.made(candidates.fitted(candidates.without_b, tmp_path_factory.mktemp("champion")))
    return candidates.judged(candidates.fitted(candidates.fit, tmp_path_factory.mktemp("model")), champion)


def test_the_page_has_the_scores_the_rules_the_parts_and_the_features(report: dict[str, Any]) -> None:
    told = page(report)
    assert f"| this model | {report['challenger']['auc']:.4f} |" in told
    assert all(f"| {one.rule} | kept | {one.said}" in told for one in verdicts(report))
    assert all(f"| carrier {number} |" in told for number in range(5))
    assert all(told.count(f"| {name} |") >= 2 for name in candidates.KNOWN)
    assert "Seed 7" in told
    assert report["sha256"] in told


def test_of_a_personal_column_the_page_has_neither_range_nor_curve(report: dict[str, Any]) -> None:
    drawn = report["explanation"]["curves"][0]["feature"]
    told = impersonal(report, {drawn})
    assert drawn in report["training"]["summaries"]
    assert drawn not in told["training"]["summaries"]
    assert drawn not in [one["feature"] for one in told["explanation"]["curves"]]
    assert told["explanation"]["importances"] == report["explanation"]["importances"]
    assert page(told).count(drawn) < page(report).count(drawn)


def test_what_stands_in_a_cell_cannot_leave_it(report: dict[str, Any]) -> None:
    odd = report | {"slices": [report["slices"][0] | {"value": "A|<b>\n# B"}]}
    assert "| carrier A\\|&lt;b> # B |" in page(odd)


def test_of_what_is_no_candidate_the_page_says_why(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(b"nothing")
    assert "| content | **broken** | it cannot be unpacked" in page(candidates.judged(tmp_path))


def test_the_registrys_card_keeps_to_the_schemas_names_and_lengths(report: dict[str, Any]) -> None:
    card = json.loads(registry_card(RUN, report))
    assert set(card["model_overview"]) <= {"model_creator", "model_artifact"}
    assert card["intended_uses"]["risk_rating"] == "Unknown"
    (details,) = card["evaluation_details"]
    told = [one for group in details["metric_groups"] for one in group["metric_data"]]
    numbers = {one["name"]: one["value"] for one in told}
    assert numbers["challenger auc"] == report["challenger"]["auc"]
    assert numbers["carrier 0"] == report["slices"][0]["auc"]["value"]
    assert all(len(value) <= 1024 for value in card["additional_information"]["custom_details"].values())
    assert len(json.dumps(card)) < 100_000


def test_the_registry_keeps_the_card_with_the_version(report: dict[str, Any], cloud: LocalCloud) -> None:
    client = cloud.client("sagemaker")
    client.create_model_package_group(ModelPackageGroupName=resource_name("laptop", RUN.model))
    run = dataclasses.replace(RUN, image=RUN.image.replace("/tidegate:", "/tidegate-models:"))
    request = package_request("laptop", run, report, registry_card(run, report))
    made = client.create_model_package(**request)
    found = client.describe_model_package(ModelPackageName=made["ModelPackageArn"])["ModelCard"]
    assert json.loads(found["ModelCardContent"])["evaluation_details"][0]["name"] == "held-out rows"
    assert found["ModelCardStatus"] == "PendingReview"
