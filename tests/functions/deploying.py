"""What a deployment is prepared from: a registry, an endpoint, alarms and executions that stand for AWS's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from tests.tidegate.models.plans import PLAN
from tidegate.facts import ModelApproved, RollbackRequested
from tidegate.models.deployments import Asking, Deployments
from tidegate.models.in_service import Records
from tidegate.models.rollout import Site
from tidegate.settings import Setting

if TYPE_CHECKING:
    from tests.functions.world import World

GROUP = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/tidegate-laptop-flight-delay"
SITE = Site(
    environment="laptop",
    region="eu-west-1",
    role="arn:aws:iam::000000000000:role/model",
    lookup_table="lookups",
    artefact_bucket="artefact",
)


def approved(version: int) -> ModelApproved:
    return ModelApproved(model="flight_delay", version=version, package_arn=f"{GROUP}/{version}")


def unwanted(version: int) -> RollbackRequested:
    return RollbackRequested(model="flight_delay", version=version, asked_by="ann", because="it is odd")


class Registry:
    """Stands for SageMaker: packages, and an endpoint in a state that serves a version, or none."""

    def __init__(self, status: str = "", version: int = 1, sha256: str = "ab" * 32, shadow: int = 0) -> None:
        self.status = status
        self.version = version
        self.shadow = shadow  # the version that is its shadow
        self.deleted: list[str] = []
        self.approval = "Approved"
        self._properties = {"sha256": sha256} if sha256 else {}

    def describe_model_package(self, ModelPackageName: str) -> dict[str, Any]:
        assert ModelPackageName.startswith(f"{GROUP}/")
        container = {"Image": "image:1", "ModelDataUrl": "s3://artefact/model.tar.gz"}
        return {
            "InferenceSpecification": {"Containers": [container]},
            "ModelPackageArn": ModelPackageName,
            "CustomerMetadataProperties": self._properties,
            "ModelApprovalStatus": self.approval,
        }

    def delete_endpoint(self, EndpointName: str) -> None:
        self.deleted.append(EndpointName)

    def describe_endpoint(self, EndpointName: str) -> dict[str, str]:
        if not self.status:
            error = {"Code": "ValidationException", "Message": f'Could not find endpoint "{EndpointName}".'}
            raise ClientError({"Error": error}, "DescribeEndpoint")
        shadow = f"-v{self.shadow}-shadows" if self.shadow else ""
        config = f"{EndpointName}{shadow}-c0ffee-v{self.version}"
        return {"EndpointName": EndpointName, "EndpointStatus": self.status, "EndpointConfigName": config}


class Alarms:
    """Stands for CloudWatch: those of the asked alarms that ring."""

    def __init__(self, *ringing: str) -> None:
        self._ringing = ringing

    def describe_alarms(self, AlarmNames: list[str], StateValue: str) -> dict[str, Any]:
        assert StateValue == "ALARM"
        return {"MetricAlarms": [{"AlarmName": name} for name in AlarmNames if name in self._ringing]}


class Executions:
    """Stands for Step Functions: the executions that run."""

    def __init__(self, *running: str) -> None:
        self.running = set(running)

    def describe_execution(self, executionArn: str) -> dict[str, str]:
        return {"status": "RUNNING" if executionArn in self.running else "ABORTED"}


class Stage:
    """Deployments of one environment, on a real table of records."""

    def __init__(self, world: World) -> None:
        self.records = Records(boto3.client("dynamodb"), world.settings[Setting.SERVING_TABLE])
        self.registry, self.alarms, self.executions = Registry(), Alarms(), Executions()
        self.rung: list[str] = []

    kind, plan = Deployments, PLAN

    @property
    def deployments(self) -> Deployments:
        return self.kind(
            self.registry, self.alarms, self.executions, self.records, SITE, self.plan, self.rung.append
        )

    def out(self, version: int, execution: str = "arn:e:1", second: int = 0) -> dict[str, Any]:
        """The answer to an approval that was said in that second."""
        asking = Asking(execution=execution, at=f"2026-11-26T12:00:{second:02d}Z")
        return self.deployments.out(approved(version), asking)

    def back(self, version: int, execution: str = "arn:e:9") -> dict[str, Any]:
        """The answer to the wish that a version leave."""
        return self.deployments.back(
            unwanted(version), Asking(execution=execution, at="2026-11-26T12:01:00Z")
        )

    def served(self, *versions: int) -> None:
        """Let the record say that these answered."""
        for version in versions:
            arn = f"{GROUP}/{version}"
            self.records.change("flight_delay", lambda now, v=version, a=arn: now.answers(v, a))  # type: ignore[misc]

    def begins(self, version: int, execution: str) -> None:
        """Let a roll-out be under way, by an execution that runs."""
        alone = f"tidegate-laptop-flight-delay-beef00-v{self.registry.version}"
        self.records.change("flight_delay", lambda now: now.begins(version, execution, alone))
        self.executions.running.add(execution)
