"""The model registry: groups, their numbered packages, and the approval that others wait for."""

from __future__ import annotations

import datetime
import json
import time
from typing import TYPE_CHECKING

from infra.local.sagemaker.faults import invalid, not_found, not_implemented
from infra.local.sagemaker.store import Record, page

if TYPE_CHECKING:
    from infra.local.sagemaker.backend import Parts

EVENT = "SageMaker Model Package State Change"
DETAILS: Record = {"ValidationStatuses": [], "ImageScanStatuses": []}


class Groups:
    """CreateModelPackageGroup and its companions."""

    noun = "group"

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def create(self, request: Record) -> Record:
        """CreateModelPackageGroup."""
        name = request["ModelPackageGroupName"]
        arn = self.parts.config.arn("model-package-group", name)
        tags = request.pop("Tags", [])
        with self.parts.store.lock:
            if self.parts.store.find(self.noun, name):
                raise invalid(f"Model Package Group already exists: {arn}")
            self.parts.store.put(
                self.noun,
                name,
                {
                    **request,
                    "ModelPackageGroupArn": arn,
                    "CreationTime": time.time(),
                    "CreatedBy": {},
                    "ModelPackageGroupStatus": "Completed",
                    "_versions": 0,  # a number is never given twice, even when its package is deleted
                },
            )
            self.parts.tag(arn, tags)
        return {"ModelPackageGroupArn": arn}

    def get(self, name: str) -> Record:
        """The group of that name or ARN."""
        short = name.rpartition("/")[2]
        found = self.parts.store.find(self.noun, short)
        if found is None:
            arn = self.parts.config.arn("model-package-group", short)
            raise invalid(f"Model Package Group does not exist: {arn}")
        return found

    def describe(self, request: Record) -> Record:
        """DescribeModelPackageGroup."""
        return self.get(request["ModelPackageGroupName"])

    def list_page(self, request: Record) -> Record:
        """ListModelPackageGroups."""
        kept = ("ModelPackageGroupName", "ModelPackageGroupArn", "CreationTime", "ModelPackageGroupStatus")
        optional = (*kept, "ModelPackageGroupDescription")
        return page(
            request,
            self.parts.store.every(self.noun),
            "ModelPackageGroupSummaryList",
            lambda found: {key: found[key] for key in optional if key in found},
            kept[0],
        )

    def delete(self, request: Record) -> Record:
        """DeleteModelPackageGroup: only an empty one."""
        group = self.get(request["ModelPackageGroupName"])
        name = group["ModelPackageGroupName"]
        if any(package["ModelPackageGroupName"] == name for package in self.parts.store.every("package")):
            raise invalid(f"Cannot delete Model Package Group {name}: it still holds model packages")
        self.parts.store.remove(self.noun, name)
        return {}


class Packages:
    """CreateModelPackage and its companions, for packages of a group."""

    noun = "package"

    def __init__(self, parts: Parts, groups: Groups) -> None:
        self.parts = parts
        self._groups = groups

    def create(self, request: Record) -> Record:
        """CreateModelPackage: the next version of its group, or the one that was made with the same token."""
        if "ModelPackageGroupName" not in request:
            raise not_implemented("A model package outside a group")
        for container in request.get("InferenceSpecification", {}).get("Containers", []):
            self.parts.config.images.program(container.get("Image", ""))
        token = request.pop("ClientToken", "")
        tags = request.pop("Tags", [])
        group = self._groups.get(request["ModelPackageGroupName"])
        name = group["ModelPackageGroupName"]
        now = time.time()
        with self.parts.store.lock:
            for made in self.parts.store.every(self.noun):
                if token and (made["ModelPackageGroupName"], made.get("_token")) == (name, token):
                    return {"ModelPackageArn": made["ModelPackageArn"]}
            group["_versions"] += 1
            version = group["_versions"]
            arn = self.parts.config.arn("model-package", f"{name}/{version}")
            package = self.parts.store.put(
                self.noun,
                arn,
                {
                    "ModelApprovalStatus": "PendingManualApproval",
                    **request,
                    "ModelPackageGroupName": name,
                    "ModelPackageVersion": version,
                    "ModelPackageArn": arn,
                    "ModelPackageStatus": "Completed",
                    "ModelPackageStatusDetails": DETAILS,
                    "CertifyForMarketplace": False,
                    "CreationTime": now,
                    "_token": token,
                },
            )
            self.parts.tag(arn, tags)
        self._say(package, [])
        return {"ModelPackageArn": arn}

    def get(self, arn: str) -> Record:
        """The package of that ARN."""
        if not arn.startswith("arn:"):
            raise invalid(f"{arn}: a package of a group is named by its ARN")
        found = self.parts.store.find(self.noun, arn)
        if found is None:
            raise invalid(f"ModelPackage {arn} does not exist.")
        return found

    def describe(self, request: Record) -> Record:
        """DescribeModelPackage."""
        found = self.get(request["ModelPackageName"])
        return {
            "ModelPackageName": f"{found['ModelPackageGroupName']}/{found['ModelPackageVersion']}",
            **found,
        }

    def update(self, request: Record) -> Record:
        """UpdateModelPackage: approve, reject, describe."""
        package = self.get(request["ModelPackageArn"])
        changes = {name: value for name, value in request.items() if name != "ModelPackageArn"}
        if set(changes) & {"AdditionalInferenceSpecificationsToAdd", "InferenceSpecification", "ClientToken"}:
            raise not_implemented("Changing what a registered package runs")
        with self.parts.store.lock:
            for key in changes.pop("CustomerMetadataPropertiesToRemove", []):
                package.get("CustomerMetadataProperties", {}).pop(key, None)
            if more := changes.get("CustomerMetadataProperties"):
                changes["CustomerMetadataProperties"] = {
                    **package.get("CustomerMetadataProperties", {}),
                    **more,
                }
            changed = [name for name, value in changes.items() if package.get(name) != value]
            self.parts.store.change(package, **changes)
        if changed:
            self._say(package, changed)
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def delete(self, request: Record) -> Record:
        """DeleteModelPackage."""
        package = self.get(request["ModelPackageName"])
        self.parts.store.remove(self.noun, package["ModelPackageArn"])
        return {}

    def list_page(self, request: Record) -> Record:
        """ListModelPackages."""
        kept = (
            "ModelPackageGroupName",
            "ModelPackageVersion",
            "ModelPackageArn",
            "ModelPackageDescription",
            "CreationTime",
            "ModelPackageStatus",
            "ModelApprovalStatus",
        )
        packages = self.parts.store.every(self.noun)
        if group := request.get("ModelPackageGroupName"):
            name = self._groups.get(group)["ModelPackageGroupName"]
            packages = [package for package in packages if package["ModelPackageGroupName"] == name]
        if approval := request.get("ModelApprovalStatus"):
            packages = [package for package in packages if package["ModelApprovalStatus"] == approval]
        return page(
            request,
            packages,
            "ModelPackageSummaryList",
            lambda found: {key: found[key] for key in kept if key in found},
            "ModelPackageGroupName",
        )

    def _say(self, package: Record, changed: list[str]) -> None:
        detail = json.loads(json.dumps(package))
        for member in ("CreationTime", "LastModifiedTime"):
            if member in detail:
                detail[member] = _iso(detail[member])
        if changed:
            detail["UpdatedModelPackageFields"] = changed
        self.parts.emit(EVENT, package["ModelPackageArn"], detail)


def tagged(parts: Parts, arn: str) -> dict[str, str]:
    """The tags of a resource.

    Raises:
        ApiError: there is no such resource.
    """
    if arn not in parts.store.tags:
        raise not_found(f"Requested resource not found: {arn}")
    return parts.store.tags[arn]


def _iso(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
