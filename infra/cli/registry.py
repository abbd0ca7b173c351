"""What the commands read from SageMaker: the versions of a model, and which one serves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tidegate.errors import NotFound, Transient
from tidegate.facts import ModelApproved
from tidegate.models.run import resource_name
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.cli.place import Place
    from tidegate.facts import Fact
    from tidegate.models.in_service import InService

APPROVED = "Approved"
PENDING = "PendingManualApproval"


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of a model in the registry."""

    model: str
    version: int
    arn: str
    status: str
    created: str
    told: Mapping[str, str]  # what the gate wrote beside it: run, snapshots, hashes, metrics

    def number(self, name: str) -> float | None:
        """A metric, where it was told."""
        value = self.told.get(name)
        return None if value is None else float(value)


def versions(place: Place, model: str) -> list[Version]:
    """The versions of `model`, the latest first.

    Raises:
        NotFound: the model has no group in the registry.
    """
    client = place.client("sagemaker")
    group = resource_name(place.environment, model)
    listed = _listed(place, client, group, model)
    return [_version(client, model, one["ModelPackageArn"]) for one in listed]


def one(place: Place, model: str, version: int) -> Version:
    """One version of `model`.

    Raises:
        NotFound: there is no such version.
    """
    for found in versions(place, model):
        if found.version == version:
            return found
    raise NotFound(f"model {model}", f"there is no version {version}", f"See them: tidegate models {model}")


def approve(place: Place, version: Version, because: str) -> None:
    """Say in the registry that a version may serve."""
    place.client("sagemaker").update_model_package(
        ModelPackageArn=version.arn, ModelApprovalStatus=APPROVED, ApprovalDescription=because
    )


def approve_again(place: Place, version: Version) -> None:
    """Say the approval's fact anew: the registry says nothing where nothing changes in it.

    Raises:
        Transient: the bus did not take it.
    """
    say(place, ModelApproved(model=version.model, version=version.version, package_arn=version.arn))


def say(place: Place, fact: Fact) -> None:
    """Say a fact on the environment's bus.

    Raises:
        Transient: the bus did not take it.
    """
    answer = place.client("events").put_events(Entries=[fact.entry(place.settings[Setting.BUS])])
    if answer["FailedEntryCount"]:
        raise Transient("the bus", f"it did not take {fact.name()}: {answer['Entries']}", "Try again shortly")


def endpoint(place: Place, model: str) -> dict[str, Any] | None:
    """The endpoint of the version in service: its name, status and version; None while there is none.

    `shift` says which version is on its way in at our front: `{"version", "percent", "copies"}`.
    """
    from tidegate.models.registry import find_endpoint

    known, now = record(place, model), datetime.now(UTC)
    name = known.endpoint(place.environment)
    found = find_endpoint(place.client("sagemaker"), name)
    if not found:
        return None
    config, status = found["EndpointConfigName"], found["EndpointStatus"]
    own = name != resource_name(place.environment, model)
    version = known.version if own else int(config.rpartition("-v")[2])
    told = {"name": name, "status": status, "config": config, "version": version}
    if new := known.shifting(now):
        told["shift"] = {"version": new, "percent": known.shifted(now), "copies": known.copies}
    return told


def record(place: Place, model: str) -> InService:
    """What the model has in service, had before, and what was taken back."""
    from tidegate.models.in_service import Records

    return Records(place.client("dynamodb"), place.settings[Setting.SERVING_TABLE]).read(model)


def serves(place: Place, model: str, version: int) -> bool:
    """Whether that version is in service."""
    found = endpoint(place, model)
    return found is not None and (found["version"], found["status"]) == (version, "InService")


def _listed(place: Place, client: Any, group: str, model: str) -> list[Mapping[str, Any]]:
    from botocore.exceptions import ClientError

    pages = client.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=group, SortBy="CreationTime", SortOrder="Descending"
    )
    try:
        return [one for page in pages for one in page["ModelPackageSummaryList"]]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ValidationException", "ResourceNotFound"):
            raise
        raise NotFound(
            f"model {model}", f"the registry has no group {group}", f"Deploy first: {place.how}"
        ) from error


def _version(client: Any, model: str, arn: str) -> Version:
    found = client.describe_model_package(ModelPackageName=arn)
    return Version(
        model=model,
        version=found["ModelPackageVersion"],
        arn=arn,
        status=found["ModelApprovalStatus"],
        created=found["CreationTime"].isoformat(timespec="seconds"),
        told=found.get("CustomerMetadataProperties", {}),
    )
