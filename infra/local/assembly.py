"""Read a CDK cloud assembly: its stacks in the order of their dependencies, and the files that they need."""

from __future__ import annotations

import json
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from infra.local.cloud import ACCOUNT, REGION
from tidegate.errors import NotFound, Unsupported

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Asset:
    """A file or folder that a template refers to by bucket and key."""

    path: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class StackPlan:
    """One stack of an assembly."""

    name: str
    template: dict[str, Any]
    template_bucket: str
    template_key: str
    assets: tuple[Asset, ...]


def stacks(folder: Path) -> list[StackPlan]:
    """The stacks of the assembly in `folder`, each after those that it depends on.

    Raises:
        NotFound: there is no assembly.
        Unsupported: a stack needs a container image built, which needs Docker.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except FileNotFoundError:
        raise NotFound(str(folder), "no cloud assembly lies there", "Synthesise it first") from None
    artifacts = manifest["artifacts"]
    order = TopologicalSorter(
        {
            name: [d for d in artifact.get("dependencies", []) if d in artifacts]
            for name, artifact in artifacts.items()
        }
    )
    found = []
    for name in order.static_order():
        artifact = artifacts[name]
        if artifact["type"] == "cdk:cloud-assembly":
            found += stacks(folder / artifact["properties"]["directoryName"])
        if artifact["type"] == "aws:cloudformation:stack":
            found.append(_stack(folder, name, artifact, artifacts))
    return found


def _stack(folder: Path, name: str, artifact: dict[str, Any], artifacts: dict[str, Any]) -> StackPlan:
    properties = artifact["properties"]
    manifests = [
        artifacts[d]["properties"]["file"]
        for d in artifact.get("dependencies", [])
        if artifacts.get(d, {}).get("type") == "cdk:asset-manifest"
    ]
    assets = tuple(asset for file in manifests for asset in _assets(folder, file))
    bucket, key = _here(properties["stackTemplateAssetObjectUrl"]).removeprefix("s3://").split("/", 1)
    return StackPlan(
        name=properties.get("stackName", name),
        template=json.loads((folder / properties["templateFile"]).read_text()),
        template_bucket=bucket,
        template_key=key,
        assets=assets,
    )


def _assets(folder: Path, file: str) -> list[Asset]:
    listed = json.loads((folder / file).read_text())
    if listed.get("dockerImages"):
        raise Unsupported(
            file,
            "a stack wants a container image built at deployment",
            "Let CodeBuild build it in AWS, or deploy with the CDK CLI where Docker is",
        )
    return [
        Asset(
            path=folder / entry["source"]["path"],
            zipped=entry["source"].get("packaging") == "zip",
            bucket=_here(destination["bucketName"]),
            key=destination["objectKey"],
        )
        for entry in listed["files"].values()
        for destination in entry["destinations"].values()
    ]


def _here(text: str) -> str:
    """Fill in what CDK leaves open in a stack that is bound to no account."""
    for name, value in (("AccountId", ACCOUNT), ("Region", REGION), ("Partition", "aws")):
        text = text.replace(f"${{AWS::{name}}}", value)
    return text
