"""One file is a dataset and one folder is a model: dropped into a checkout, each is in the templates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.house import checkout

if TYPE_CHECKING:
    from pathlib import Path

SYNTHESISE = """
import sys
from pathlib import Path
from infra.local import assembly, synthesis
root = Path(sys.argv[1])
folder = synthesis.synthesise(root / "assembly", root=root)
import json
print(json.dumps({plan.name: plan.template for plan in assembly.stacks(folder)}))
"""


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The templates of a checkout to which a dataset and a model of it were added, and nothing else done."""
    root: Path = checkout.copy(tmp_path_factory.mktemp("added") / "checkout")
    (root / "tides.csv").write_text("station,metres,at\nA,1.5,2024-01-31\n")
    for arguments in (
        ("dataset", "new", "tides", "--from", "tides.csv"),
        ("model", "new", "flood_risk", "--of", "flights"),
        ("model", "new", "flood_trees", "--of", "flights", "--framework", "lightgbm"),
    ):
        made = checkout.tidegate(root, *arguments)
        assert made.returncode == 0, made.stderr
    done = checkout.run(root, "-c", SYNTHESISE, str(root))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)
    return done.stdout


def test_a_dataset_is_one_file(templates: str) -> None:
    resources = [r for template in json.loads(templates).values() for r in template["Resources"].values()]
    tables = [r for r in resources if r["Type"] == "Custom::TidegateTable"]
    assert any("tides" in json.dumps(table["Properties"]) for table in tables)


def test_a_model_is_one_folder(templates: str) -> None:
    resources = [r for template in json.loads(templates).values() for r in template["Resources"].values()]
    for kind in ("AWS::SageMaker::ModelPackageGroup", "AWS::Scheduler::Schedule"):
        found = [json.dumps(r["Properties"]) for r in resources if r["Type"] == kind]
        assert any("flood-risk" in text or "flood_risk" in text for text in found), kind


def test_a_model_that_needs_a_framework_is_one_folder_too_and_trains_in_an_image_of_its_own(
    templates: str,
) -> None:
    (training,) = (one for stack, one in json.loads(templates).items() if stack.endswith("training"))
    builds = [r["Properties"] for r in training["Resources"].values() if r["Type"].endswith("ImageBuild")]
    made = {build["Requirements"]: build["Dockerfile"] for build in builds}
    assert made == {
        "requirements.txt": "Dockerfile",
        "pipelines/flood_trees/requirements.lock": "training.Dockerfile",
    }
    (train,) = (
        r["Properties"]
        for r in training["Resources"].values()
        if r["Type"] == "AWS::Lambda::Function" and r["Properties"]["FunctionName"].endswith("-train")
    )
    told = json.dumps(train["Environment"]["Variables"]["TIDEGATE_TRAINING_IMAGES"])
    assert "flood_trees" in told
    assert "flood_risk" not in told
