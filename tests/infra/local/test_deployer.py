from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.local import assembly, deployer
from infra.local.cloud import LocalCloud
from tidegate.errors import Mistake, NotFound, Unsupported

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.cloud import LocalCloud
    from infra.local.deployer import Progress

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"


def parameter(name: str, value: Any) -> dict[str, Any]:
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": value}}


class Written:
    """An assembly of handwritten stacks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.artifacts: dict[str, Any] = {}

    def add(self, name: str, template: dict[str, Any], after: tuple[str, ...] = (), **more: Any) -> None:
        text = json.dumps(template)
        key = hashlib.sha256(text.encode()).hexdigest() + ".json"
        (self.folder / f"{name}.json").write_text(text)
        place = {"here": {"bucketName": BUCKET, "objectKey": key}}
        files = {key: {"source": {"path": f"{name}.json", "packaging": "file"}, "destinations": place}}
        listed = {"files": {**files, **more.get("files", {})}, "dockerImages": more.get("images", {})}
        (self.folder / f"{name}.assets.json").write_text(json.dumps(listed))
        self.artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        self.artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {
                "templateFile": f"{name}.json",
                "stackTemplateAssetObjectUrl": f"s3://{BUCKET}/{key}",
            },
            "dependencies": [*after, f"{name}.assets"],
        }
        (self.folder / "manifest.json").write_text(json.dumps({"artifacts": self.artifacts}))


@pytest.fixture
def written(tmp_path: Path) -> Written:
    folder = tmp_path / "assembly"
    folder.mkdir()
    return Written(folder)


@pytest.fixture
def target(cloud: LocalCloud) -> LocalCloud:
    return cloud


def test_stacks_are_deployed_in_the_order_of_their_dependencies_and_skipped_when_unchanged(
    written: Written, target: LocalCloud, tmp_path: Path
) -> None:
    first = {"Resources": {"P": parameter("/first", "one")}, "Outputs": {"Said": {"Value": "hello"}}}
    written.add("order-second", {"Resources": {"P": parameter("/second", "two")}}, after=("order-first",))
    written.add("order-first", first)
    seen: list[Progress] = []

    outputs = deployer.deploy(written.folder, target, report=seen.append, cache=tmp_path)
    assert outputs == {"order-first": {"Said": "hello"}, "order-second": {}}
    assert [p.stack for p in seen if p.doing == "deployed"] == ["order-first", "order-second"]

    seen.clear()
    deployer.deploy(written.folder, target, report=seen.append, cache=tmp_path)
    assert {p.doing for p in seen} == {"unchanged"}

    written.add("order-first", {"Resources": {"P": parameter("/first", "another")}})
    deployer.deploy(written.folder, target, cache=tmp_path)
    assert target.client("ssm").get_parameter(Name="/first")["Parameter"]["Value"] == "another"

    deployer.destroy(written.folder, target)
    assert target.client("ssm").get_parameters(Names=["/first", "/second"])["Parameters"] == []


def test_a_folder_becomes_the_same_zip_file_each_time(
    written: Written, target: LocalCloud, tmp_path: Path
) -> None:
    (written.folder / "code").mkdir()
    (written.folder / "code" / "main.py").write_text("x = 1\n")
    place = {"here": {"bucketName": BUCKET, "objectKey": "code.zip"}}
    code = {"source": {"path": "code", "packaging": "zip"}, "destinations": place}
    written.add("with-code", {"Resources": {"P": parameter("/code", "1")}}, files={"code": code})
    deployer.deploy(written.folder, target, cache=tmp_path / "one")
    bucket = BUCKET.replace("${AWS::AccountId}", "000000000000").replace("${AWS::Region}", "eu-west-1")
    target.client("s3").delete_object(Bucket=bucket, Key="code.zip")
    (written.folder / "code" / "main.py").touch()
    deployer.deploy(written.folder, target, cache=tmp_path / "two")
    assert (tmp_path / "one/code.zip").read_bytes() == (tmp_path / "two/code.zip").read_bytes()


def test_a_failure_names_the_resource_and_the_reason_and_a_second_try_starts_clean(
    written: Written, target: LocalCloud, tmp_path: Path
) -> None:
    bad = {
        "Type": "Custom::Nothing",
        "Properties": {"ServiceToken": "arn:aws:lambda:eu-west-1:000000000000:function:none"},
    }
    written.add("fails", {"Resources": {"Good": parameter("/good", "1"), "Bad": bad}})
    with pytest.raises(
        Mistake, match=r"stack fails, Custom::Nothing Bad: could not be deployed: .*not found"
    ):
        deployer.deploy(written.folder, target, cache=tmp_path)
    written.add("fails", {"Resources": {"Good": parameter("/good", "1")}})
    deployer.deploy(written.folder, target, cache=tmp_path)
    deployer.destroy(written.folder, target)


def test_an_unknown_type_is_refused_by_name(written: Written, target: LocalCloud, tmp_path: Path) -> None:
    written.add("unknown", {"Resources": {"X": {"Type": "AWS::Nothing::Here", "Properties": {}}}})
    with pytest.raises(Mistake, match="AWS::Nothing::Here"):
        deployer.deploy(written.folder, target, cache=tmp_path)


def test_container_images_and_missing_assemblies_are_refused(written: Written, tmp_path: Path) -> None:
    written.add("image", {"Resources": {}}, images={"x": {}})
    with pytest.raises(Unsupported, match="container image"):
        assembly.stacks(written.folder)
    with pytest.raises(NotFound, match="no cloud assembly"):
        assembly.stacks(tmp_path / "nowhere")
