"""What our functions may do for serverless models, where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda

from infra.stacks import permits
from tidegate.models.ways import Serverless, Shadow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from infra.parts.worker import Worker
    from infra.stacks.floor import Floor
    from infra.stacks.lake import LakeStack
    from tidegate.plan import ModelPlan

OLDEST_COPY = 60  # seconds: a shadow is to be asked what is asked now


def behind_our_front(models: Iterable[ModelPlan]) -> list[ModelPlan]:
    """The models whose versions have endpoints of their own."""
    return [model for model in models if isinstance(model.serving, Serverless)]


def allow_the_front(stack: Floor, workers: Mapping[str, Worker], lake: LakeStack) -> None:
    """Let it do what the serverless models of the plan need, and nothing where there are none."""
    mirror = workers["mirror"]
    aws_lambda.CfnEventInvokeConfig(
        mirror,
        "OnlyNow",
        function_name=mirror.function.function_name,
        qualifier="$LATEST",
        maximum_retry_attempts=0,
        maximum_event_age_in_seconds=OLDEST_COPY,
    )
    models = behind_our_front(stack.kit.plan.models.values())
    if not models:
        return
    versions = [stack.arn("sagemaker", f"endpoint/{stack.called(_name(model))}-v*") for model in models]
    permits.read_record(workers["predict"], lake)
    _allow_looks(stack, workers["shift"], lake, models, versions)
    clear = workers["clear"]
    permits.read_record(clear, lake)
    clear.may("ListEndpoints", ["sagemaker:ListEndpoints"], ["*"])  # it cannot be narrowed
    named = [stack.arn("sagemaker", f"endpoint/{stack.called(_name(model))}") for model in models]
    clear.may("RemoveLeftovers", ["sagemaker:DeleteEndpoint"], [*versions, *named])
    if any(isinstance(model.rollout, Shadow) for model in models):
        workers["predict"].may("CopyForShadows", ["lambda:InvokeFunction"], [mirror.function.function_arn])
        mirror.may("AskShadows", ["sagemaker:InvokeEndpoint"], versions)


def _allow_looks(
    stack: Floor, shift: Worker, lake: LakeStack, models: Iterable[ModelPlan], versions: list[str]
) -> None:
    permits.keep_record(shift, lake, "dynamodb")
    shift.may("SeeVersions", ["sagemaker:DescribeEndpoint"], versions)
    shift.may("AskVersions", ["sagemaker:InvokeEndpoint"], versions)
    alarms = [stack.arn("cloudwatch", f"alarm:{stack.called(_name(model))}-*") for model in models]
    shift.may("HearAlarms", ["cloudwatch:DescribeAlarms"], alarms)


def _name(model: ModelPlan) -> str:
    return model.name.replace("_", "-")
