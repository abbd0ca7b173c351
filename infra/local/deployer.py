"""Deploy a CDK cloud assembly to a cloud that is not AWS, without the CDK CLI and so without Node.

Each stack: its files are put into the assets bucket, a change set is made and run, and its outcome awaited.
A stack whose template is the deployed one is left alone; the names of its files are hashes, so they are
part of the template.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.local import assembly
from infra.local.assembly import StackPlan
from infra.local.assets import publish
from infra.local.cloud import ACCOUNT, REGION, ROOT, LocalCloud
from infra.local.ministack.custom_resources import delete_every_version
from tidegate.errors import Mistake, TidegateError, Transient

if TYPE_CHECKING:
    from pathlib import Path

CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
WAIT_SECONDS = 600.0
DEAD = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


@dataclass(frozen=True)
class Progress:
    """How far one stack is."""

    stack: str
    doing: str  # deploying, deployed, unchanged, deleting, deleted
    resources_done: int
    resources: int


Report = Callable[[Progress], None]


def deploy(
    folder: Path,
    cloud: LocalCloud,
    *,
    report: Report = lambda _: None,
    cache: Path = ROOT / ".tidegate" / "assets",
    only: Container[str] | None = None,
) -> dict[str, dict[str, str]]:
    """Deploy the stacks of the assembly in `folder`, all or `only` some; the outputs of each by its name.

    Raises:
        TidegateError: a stack failed; it names the first resource that did, and why.
    """
    _bootstrap(cloud)
    plans = [plan for plan in assembly.stacks(folder) if only is None or plan.name in only]
    publish([asset for plan in plans for asset in plan.assets], cloud, cache)
    return {plan.name: _deploy_stack(plan, cloud, report) for plan in plans}


def destroy(
    folder: Path, cloud: LocalCloud, *, report: Report = lambda _: None, empty_buckets: bool = False
) -> None:
    """Delete every stack of the assembly in `folder`, the last deployed first.

    A bucket that holds something is not deleted, as on AWS, unless `empty_buckets`.

    Raises:
        TidegateError: a stack could not be deleted; it names the first resource that refused, and why.
    """
    cloudformation = cloud.client("cloudformation")
    for plan in reversed(assembly.stacks(folder)):
        if _find(cloudformation, plan.name) is None:
            continue
        if empty_buckets:
            _empty_buckets(plan.name, cloud)
        cloudformation.delete_stack(StackName=plan.name)
        _wait(cloudformation, plan, "deleting", report)
        if _find(cloudformation, plan.name) is not None:
            raise _failure(cloudformation, plan.name, "could not be deleted")
        report(Progress(plan.name, "deleted", 0, len(plan.template["Resources"])))


def _empty_buckets(stack: str, cloud: LocalCloud) -> None:
    resources = cloud.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    for resource in resources:
        if resource["ResourceType"] == "AWS::S3::Bucket" and resource["ResourceStatus"] != "DELETE_COMPLETE":
            delete_every_version(cloud.client("s3"), resource["PhysicalResourceId"])


def _bootstrap(cloud: LocalCloud) -> None:
    """What `cdk bootstrap` would leave, under its names, so that the CDK CLI can take over at any time."""
    cloudformation = cloud.client("cloudformation")
    if _find(cloudformation, "CDKToolkit") is not None:
        return
    version = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {"Name": "/cdk-bootstrap/hnb659fds/version", "Type": "String", "Value": "28"},
    }
    bucket = {
        "Type": "AWS::S3::Bucket",
        "DeletionPolicy": "Retain",
        "Properties": {"BucketName": f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"},
    }
    template = {
        "Resources": {"CdkBootstrapVersion": version, "StagingBucket": bucket},
        "Outputs": {
            "BucketName": {"Value": {"Ref": "StagingBucket"}},
            "BucketDomainName": {"Value": {"Fn::GetAtt": ["StagingBucket", "RegionalDomainName"]}},
            "BootstrapVersion": {"Value": {"Fn::GetAtt": ["CdkBootstrapVersion", "Value"]}},
        },
    }
    cloudformation.create_stack(StackName="CDKToolkit", TemplateBody=json.dumps(template))
    _wait(cloudformation, StackPlan("CDKToolkit", template, "", "", ()), "deploying", lambda _: None)


def _deploy_stack(plan: StackPlan, cloud: LocalCloud, report: Report) -> dict[str, str]:
    cloudformation = cloud.client("cloudformation")
    there = _find(cloudformation, plan.name)
    if there is not None and there["StackStatus"] in DEAD:
        cloudformation.delete_stack(StackName=plan.name)
        _wait(cloudformation, plan, "deleting", report)
        there = None
    done = len(plan.template["Resources"])
    if there is not None and _is_deployed(cloudformation, plan, there):
        report(Progress(plan.name, "unchanged", done, done))
        return _outputs(there)
    if _execute(cloudformation, plan, cloud.endpoint, new=there is None):
        _wait(cloudformation, plan, "deploying", report)
    now = _find(cloudformation, plan.name)
    if now is None or now["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise _failure(cloudformation, plan.name, "could not be deployed")
    report(Progress(plan.name, "deployed", done, done))
    return _outputs(now)


def _is_deployed(cloudformation: Any, plan: StackPlan, there: dict[str, Any]) -> bool:
    if there["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return False
    deployed = cloudformation.get_template(StackName=plan.name)["TemplateBody"]
    if isinstance(deployed, str):
        deployed = json.loads(deployed)
    return json.dumps(deployed, sort_keys=True) == json.dumps(plan.template, sort_keys=True)


def _execute(cloudformation: Any, plan: StackPlan, endpoint: str, *, new: bool) -> bool:
    """Make a change set and start it; False when there is nothing to change."""
    name = f"tidegate-{uuid.uuid4().hex[:12]}"
    try:
        cloudformation.create_change_set(
            StackName=plan.name,
            ChangeSetName=name,
            ChangeSetType="CREATE" if new else "UPDATE",
            TemplateURL=f"{endpoint}/{plan.template_bucket}/{plan.template_key}",
            Capabilities=CAPABILITIES,
        )
    except cloudformation.exceptions.ClientError as error:
        raise _refused(plan.name, error.response["Error"]["Message"]) from error
    while True:
        made = cloudformation.describe_change_set(StackName=plan.name, ChangeSetName=name)
        if made["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS"):
            break
        time.sleep(0.05)
    if made["Status"] == "FAILED":
        reason = made.get("StatusReason", "")
        if "No updates" in reason or "didn't contain changes" in reason:
            return False
        raise Mistake(
            f"stack {plan.name}", f"its template is refused: {reason}", "Correct it in infra/stacks/"
        )
    cloudformation.execute_change_set(StackName=plan.name, ChangeSetName=name)
    return True


def _refused(name: str, reason: str) -> Mistake:
    return Mistake(f"stack {name}", f"its template is refused: {reason}", "Correct it in infra/stacks/")


def _wait(cloudformation: Any, plan: StackPlan, doing: str, report: Report) -> None:
    """Report until nothing of the stack is in progress."""
    deadline = time.monotonic() + WAIT_SECONDS
    total = len(plan.template["Resources"])
    while (stack := _find(cloudformation, plan.name)) and stack["StackStatus"].endswith("_IN_PROGRESS"):
        resources = cloudformation.describe_stack_resources(StackName=plan.name)["StackResources"]
        done = sum(resource["ResourceStatus"].endswith("_COMPLETE") for resource in resources)
        report(Progress(plan.name, doing, done, total))
        if time.monotonic() > deadline:
            slow = [r["LogicalResourceId"] for r in resources if r["ResourceStatus"].endswith("_IN_PROGRESS")]
            raise Transient(
                f"stack {plan.name}",
                f"it is still {doing} after {WAIT_SECONDS:g} s, at {', '.join(slow) or 'nothing it names'}",
                "Look into the server's log",
            )
        time.sleep(0.1)


def _find(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS") else found


def _failure(cloudformation: Any, name: str, what: str) -> TidegateError:
    """The first resource that failed of itself, not because another did."""
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    for event in reversed(events):
        reason = event.get("ResourceStatusReason", "")
        if event["ResourceStatus"].endswith("_FAILED") and "cancelled" not in reason.lower():
            where = f"stack {name}, {event['ResourceType']} {event['LogicalResourceId']}"
            return Mistake(
                where, f"{what}: {reason}", "Correct it and deploy again; nothing else was changed"
            )
    return Mistake(f"stack {name}", what, "Its events give no reason; look into the server's log")


def _outputs(stack: dict[str, Any]) -> dict[str, str]:
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
