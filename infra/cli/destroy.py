"""`tidegate destroy`: take everything down that costs money or holds data: endpoints, buckets, stacks."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from infra.cli import place, registry
from infra.cli.answer import Answer, said
from infra.cli.up import ASSEMBLY, tell
from tidegate.errors import Refused, Transient
from tidegate.find import models
from tidegate.models.run import resource_name
from tidegate.settings import Setting

if TYPE_CHECKING:
    import argparse

    from infra.cli.screen import Screen

BUCKETS = (
    Setting.LANDING_BUCKET,
    Setting.LAKE_BUCKET,
    Setting.QUARANTINE_BUCKET,
    Setting.ARTEFACT_BUCKET,
)
MACHINES = ("training", "deployment")
PAUSE = 5.0
LONGEST_WAIT = 3600.0  # for instances that start, or for an update that SageMaker takes back


def configure(parser: argparse.ArgumentParser) -> None:
    """The command's own options."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace, screen: Screen) -> Answer:
    """Destroy it, after asking."""
    where = place.find(args.environment)
    _ask(args, where)
    for execution in stop(where):
        screen.step(f"stopped {execution}")
    gone = [name for name in _registered(where) if remove_endpoint(where, name)]
    screen.step(f"endpoints deleted: {', '.join(gone) or 'there was none'}")
    buckets = [where.settings[setting] for setting in BUCKETS]
    for bucket in buckets:
        empty(where.client("s3"), bucket)
        screen.step(f"emptied {bucket}")
    if where.cloud is None:
        return said(
            "Endpoints and data are gone; the stacks are left for the CDK CLI: "
            f"npx cdk destroy --all --context environment={args.environment}",
            endpoints=gone,
            buckets=buckets,
        )
    from infra.local import deployer

    with screen.waiting("deleting the stacks") as waiting:
        deployer.destroy(ASSEMBLY, where.cloud, report=lambda one: tell(one, screen, waiting))
    return said("Everything is gone. `tidegate up` makes it anew.", endpoints=gone, buckets=buckets)


def stop(where: place.Place) -> list[str]:
    """Stop what trains and deploys: it would make anew what is being deleted."""
    states, stopped = where.client("stepfunctions"), []
    ours = {resource_name(where.environment, noun) for noun in MACHINES}
    pages = states.get_paginator("list_state_machines").paginate()
    machines = [one for page in pages for one in page["stateMachines"] if one["name"] in ours]
    for machine in machines:
        told = {"stateMachineArn": machine["stateMachineArn"], "statusFilter": "RUNNING"}
        for page in states.get_paginator("list_executions").paginate(**told):
            for execution in page["executions"]:
                states.stop_execution(executionArn=execution["executionArn"], cause="tidegate destroy")
                stopped.append(f"{machine['name']} {execution['name']}")
    return stopped


def _registered(where: place.Place) -> list[str]:
    """Every model whose group the training stack holds, also one whose folder is gone."""
    from botocore.exceptions import ClientError

    stack = resource_name(where.environment, "training")
    pages = where.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    try:
        held = [one for page in pages for one in page["StackResourceSummaries"]]
    except ClientError as error:  # a stack that an earlier try took down
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return []
    groups = [
        one["PhysicalResourceId"].rpartition("/")[2]
        for one in held
        if one["ResourceType"] == "AWS::SageMaker::ModelPackageGroup"
    ]
    known = {resource_name(where.environment, name): name for name in models()}
    return [known.get(group, group.removeprefix(resource_name(where.environment, ""))) for group in groups]


def remove_endpoint(where: place.Place, model: str) -> bool:
    """Delete a model's endpoints, what they were made of, and its versions; False when it had no endpoint."""
    client = where.client("sagemaker")
    found = settled(client, where.environment, model)
    for name in (name for name, status in found.items() if status != "Deleting"):
        client.delete_endpoint(EndpointName=name)
    prefix = resource_name(where.environment, model)
    for config in listed(client, "list_endpoint_configs", "EndpointConfigs", prefix):
        client.delete_endpoint_config(EndpointConfigName=config["EndpointConfigName"])
    for one in listed(client, "list_models", "Models", prefix):
        client.delete_model(ModelName=one["ModelName"])
    for version in registry.versions(where, model):  # a group that holds versions cannot be deleted
        client.delete_model_package(ModelPackageName=version.arn)
    return bool(found)


def settled(client: Any, environment: str, model: str, pause: float = PAUSE) -> dict[str, str]:
    """A model's endpoints with their status, once none is being made or updated: that cannot be deleted.

    Raises:
        Transient: that takes too long.
    """
    from tidegate.models.deployments import UNDER_WAY
    from tidegate.models.leftovers import endpoints_of

    deadline = time.monotonic() + LONGEST_WAIT
    while True:
        found = endpoints_of(client, environment, model)
        busy = sorted(name for name, status in found.items() if status in UNDER_WAY)
        if not busy:
            return found
        if time.monotonic() > deadline:
            raise Transient(f"the endpoint {busy[0]}", f"it is {found[busy[0]]} still", "Destroy again later")
        time.sleep(pause)


def listed(client: Any, operation: str, member: str, prefix: str) -> list[dict[str, Any]]:
    """Everything of a kind whose name holds the prefix, however many pages it has."""
    pages = client.get_paginator(operation).paginate(NameContains=prefix)
    return [one for page in pages for one in page[member]]


def empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        held = page.get("Versions", []) + page.get("DeleteMarkers", [])
        doomed = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in held]
        if doomed:
            s3.delete_objects(Bucket=bucket, Delete={"Objects": doomed, "Quiet": True})


def _ask(args: argparse.Namespace, where: place.Place) -> None:
    if args.yes:
        return
    if args.json or not sys.stdin.isatty():
        raise Refused("destroy", "nobody is there to ask", "Say that it is meant: tidegate destroy --yes")
    sys.stdout.write(
        f"This deletes {where.environment} at {where.address} and its data. Its name, to go on: "
    )
    sys.stdout.flush()
    typed = sys.stdin.readline()
    if typed.strip() != where.environment:
        raise Refused("destroy", "the name was not typed", "Nothing was deleted")
