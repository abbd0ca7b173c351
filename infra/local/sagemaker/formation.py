"""CloudFormation's types for endpoints: AWS::SageMaker::Model, ::EndpointConfig and ::Endpoint.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_SageMaker.html: models and configurations
are replaced when they change; an endpoint is made and updated to the end, and what does not come into service
is an error. Each is referred to by its ARN.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from infra.local.ministack.resource_types import on_a_thread
from infra.local.sagemaker import validation
from infra.local.sagemaker.faults import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Backend
    from infra.local.sagemaker.store import Record

LOOK_EVERY_SECONDS = 0.1
LONGEST_NAME = 63
BUSY = ("Creating", "Updating", "RollingBack", "SystemUpdating", "Deleting")
UPDATE_MEMBERS = (
    "DeploymentConfig",
    "ExcludeRetainedVariantProperties",
    "RetainAllVariantProperties",
    "RetainDeploymentConfig",
)
CREATE_MEMBERS = ("EndpointName", "EndpointConfigName", "DeploymentConfig", "Tags")
Made = tuple[str, dict[str, Any]]


def install(backend: Callable[[], Backend]) -> None:
    """Register the types."""
    from ministack.services.cloudformation import provisioners

    nouns = [_Kept(backend, "Model"), _Kept(backend, "EndpointConfig"), _Endpoint(backend, "Endpoint")]
    for noun in nouns:
        provisioners._RESOURCE_HANDLERS[noun.type] = {
            "create": noun.create,
            "update": noun.update,
            "delete": noun.delete,
        }
        provisioners._REPLACING_PROPERTIES[noun.type] = noun.replacing()
        provisioners._CUSTOM_NAME_REPLACEMENT[noun.type] = {"name": noun.name}
    on_a_thread(*(noun.type for noun in nouns))


class _Kept:
    """A type whose resources are replaced when they change."""

    def __init__(self, backend: Callable[[], Backend], word: str) -> None:
        self._backend = backend
        self.type = f"AWS::SageMaker::{word}"
        self.word = word
        self.name = f"{word}Name"

    def replacing(self) -> tuple[str, ...]:
        """The properties whose change asks for another resource."""
        return tuple(name for name in validation.members(f"Create{self.word}") if name != "Tags")

    def create(self, logical_id: str, properties: Record, stack: str) -> Made:
        """Make one."""
        return self._made(self._call("Create", self._named(logical_id, properties, stack)))

    def update(self, arn: str, _old: Record, new: Record, _stack: str) -> Made:
        """Take over new tags: nothing else changes without a replacement."""
        self._backend().parts.tag(arn, new.get("Tags", []))
        return self._made(arn)

    def delete(self, arn: str, _properties: Record) -> None:
        """Delete it, if it is still there."""
        try:
            self._backend().call(f"Delete{self.word}", {self.name: arn.rpartition("/")[2]})
        except ApiError as error:
            if "Could not find" not in error.what:
                raise

    def _named(self, logical_id: str, properties: Record, stack: str) -> Record:
        from ministack.services.cloudformation import provisioners

        generated = provisioners._physical_name(stack, logical_id, max_len=LONGEST_NAME)
        return {self.name: generated, **properties}

    def _call(self, verb: str, properties: Record) -> str:
        operation = f"{verb}{self.word}"
        made = self._backend().call(operation, validation.coerced(operation, properties))
        return str(made[f"{self.word}Arn"])

    def _made(self, arn: str) -> Made:
        return arn, {self.name: arn.rpartition("/")[2]}


class _Endpoint(_Kept):
    """Endpoints are updated as they are, and deployed when they serve."""

    def replacing(self) -> tuple[str, ...]:
        """Its name alone."""
        return (self.name,)

    def create(self, logical_id: str, properties: Record, stack: str) -> Made:
        """Make one, and wait until it serves.

        Raises:
            ValueError: it does not; it is deleted again.
        """
        named = self._named(logical_id, properties, stack)
        request = {member: named[member] for member in CREATE_MEMBERS if member in named}
        self._refuse_unknown(named)
        arn = self._call("Create", request)
        settled = self._settled(arn)
        if settled["EndpointStatus"] != "InService":
            self.delete(arn, properties)
            raise ValueError(f"{self.type}: {settled.get('FailureReason', settled['EndpointStatus'])}")
        return self._made(arn)

    def update(self, arn: str, old: Record, new: Record, stack: str) -> Made:
        """Update it, and wait until the new configuration serves.

        Raises:
            ValueError: it does not, the endpoint was rolled back.
        """
        self._refuse_unknown(new)
        if old.get("EndpointConfigName") != new.get("EndpointConfigName"):
            name = arn.rpartition("/")[2]
            request = {member: new[member] for member in UPDATE_MEMBERS if member in new}
            self._call(
                "Update", {**request, self.name: name, "EndpointConfigName": new["EndpointConfigName"]}
            )
            settled = self._settled(arn)
            if settled["EndpointConfigName"] != new["EndpointConfigName"]:
                raise ValueError(f"{self.type}: {settled.get('FailureReason', settled['EndpointStatus'])}")
        return super().update(arn, old, new, stack)

    def delete(self, arn: str, properties: Record) -> None:
        """Delete it, and wait until it is gone."""
        self._settled(arn)
        super().delete(arn, properties)
        while self._find(arn):
            time.sleep(LOOK_EVERY_SECONDS)

    def _refuse_unknown(self, properties: Record) -> None:
        unknown = sorted(properties.keys() - {*CREATE_MEMBERS, *UPDATE_MEMBERS})
        if unknown:
            raise ValueError(
                f"{self.type}: {', '.join(unknown)} is no property, or not one that is done here"
            )

    def _find(self, arn: str) -> Record | None:
        return self._backend().parts.store.find("endpoint", arn.rpartition("/")[2])

    def _settled(self, arn: str) -> Record:
        """The endpoint, once it is in a state that stays; empty where there is none."""
        while (endpoint := self._find(arn)) and endpoint["EndpointStatus"] in BUSY:
            time.sleep(LOOK_EVERY_SECONDS)
        return endpoint or {}
