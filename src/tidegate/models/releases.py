"""What a person may ask for of a model's service: that a version go in, or that one leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tidegate.errors import NotFound, Transient
from tidegate.facts import ModelApproved, RollbackRequested
from tidegate.models.in_service import leaving
from tidegate.models.registry import approve, find_endpoint
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from tidegate.facts import Fact
    from tidegate.models.in_service import Records

LONGEST = 1000  # characters of a reason: a model's record keeps twenty, and has one item's room


@dataclass(frozen=True)
class Releases:
    """The wishes of people in one environment."""

    sagemaker: Any
    events: Any
    records: Records
    environment: str
    bus: str
    registry: str  # the ARN of model packages, up to the group

    def approve(self, model: str, version: int, because: str) -> dict[str, Any]:
        """Let a version go into service; one that was approved before is rolled out again.

        Raises:
            NotFound: the registry has no such version.
        """
        arn = f"{self.registry}/{resource_name(self.environment, model)}/{version}"
        try:
            package = self.sagemaker.describe_model_package(ModelPackageName=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationException":
                raise
            what = f"the registry has no version {version}"
            raise NotFound(f"model {model}", what, f"See them: tidegate models {model}") from error
        if package["ModelApprovalStatus"] == "Approved":
            self._say(ModelApproved(model=model, version=version, package_arn=arn))
        else:
            approve(self.sagemaker, arn, because)
        return {"said": f"version {version} is approved", "model": model, "version": version}

    def roll_back(self, model: str, who: str, because: str) -> dict[str, Any]:
        """Let what served before come back.

        Raises:
            NotFound: no version is in service.
            Refused: nothing served before.
        """
        record = self.records.read(model)
        endpoint = find_endpoint(self.sagemaker, record.endpoint(self.environment))
        if not endpoint or not record.served:
            raise NotFound(
                f"model {model}", "no version of it is in service", f"Approve one: tidegate approve {model}"
            )
        now = datetime.now(UTC)
        leaves = leaving(record, endpoint["EndpointStatus"], endpoint["EndpointConfigName"], now)
        if leaves == record.version:
            record.before(leaves)
        self._say(RollbackRequested(model=model, version=leaves, asked_by=who, because=because[:LONGEST]))
        return {"said": f"version {leaves} is to leave", "model": model, "version": leaves}

    def _say(self, fact: Fact) -> None:
        said = self.events.put_events(Entries=[fact.entry(self.bus)])
        if said["FailedEntryCount"]:
            what = f"it did not take {fact.name()}: {said['Entries']}"
            raise Transient("the bus", what, "Try again shortly")
