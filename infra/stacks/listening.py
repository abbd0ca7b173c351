"""Let a function hear what its row of the flow says it hears, and keep what it failed on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, aws_events, aws_lambda
from aws_cdk.aws_events_targets import LambdaFunction

from infra.stacks.patterns import pattern
from infra.triggers import BuildEnded, PackageChanged, Said

if TYPE_CHECKING:
    from typing import Any

    from infra.parts.worker import Worker
    from infra.stacks.floor import Floor
    from infra.stacks.lake import LakeStack

ATTEMPTS = 2
OLDEST = Duration.hours(1)


def listens(stack: Floor, worker: Worker, lake: LakeStack) -> list[aws_events.Rule]:
    """Make a rule for each event that the worker's row names, on the bus where it is said."""
    rules = []
    for trigger in worker.row.on:
        if isinstance(trigger, Said):
            matches = pattern(trigger, plan=stack.kit.plan, bucket=lake.landing.bucket.bucket_name)
            if matches is not None:
                rules.append(_rule(stack, worker, lake, trigger.fact.name(), lake.bus, matches))
        elif isinstance(trigger, PackageChanged):
            rules.append(_rule(stack, worker, lake, "PackageChanged", None, _package_changed(stack)))
        elif isinstance(trigger, BuildEnded):
            rules.append(_rule(stack, worker, lake, "BuildEnded", None, _build_ended(stack)))
    keeps_failures(worker, lake)
    return rules


def keeps_failures(worker: Worker, lake: LakeStack) -> None:
    """What an asynchronous call failed on, after its retries, goes to the queue of what was not delivered."""
    worker.may("KeepWhatItFailedOn", ["sqs:SendMessage"], [lake.undelivered.queue_arn])
    aws_lambda.CfnEventInvokeConfig(
        worker,
        "Failures",
        function_name=worker.function.function_name,
        qualifier="$LATEST",
        maximum_retry_attempts=ATTEMPTS,
        maximum_event_age_in_seconds=int(OLDEST.to_seconds()),
        destination_config=aws_lambda.CfnEventInvokeConfig.DestinationConfigProperty(
            on_failure=aws_lambda.CfnEventInvokeConfig.OnFailureProperty(
                destination=lake.undelivered.queue_arn
            )
        ),
    ).node.add_dependency(worker.policy)


def _rule(  # noqa: PLR0917 - what a rule is made of
    stack: Floor,
    worker: Worker,
    lake: LakeStack,
    event: str,
    bus: aws_events.IEventBus | None,
    matches: dict[str, Any],
) -> aws_events.Rule:
    rule = aws_events.Rule(
        stack,
        f"{worker.verb.title()}On{event}",
        event_bus=bus,
        event_pattern=aws_events.EventPattern(**matches),
    )
    target = LambdaFunction(
        worker.function, dead_letter_queue=lake.undelivered, retry_attempts=ATTEMPTS, max_event_age=OLDEST
    )
    rule.add_target(target)
    return rule


def _package_changed(stack: Floor) -> dict[str, Any]:
    return {
        "source": ["aws.sagemaker"],
        "detail_type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [{"prefix": f"{stack.called('')}"}]},
    }


def _build_ended(stack: Floor) -> dict[str, Any]:
    ends = ["SUCCEEDED", "FAILED", "FAULT", "STOPPED", "TIMED_OUT"]
    return {
        "source": ["aws.codebuild"],
        "detail_type": ["CodeBuild Build State Change"],
        "detail": {"project-name": [stack.called("models")], "build-status": ends},
    }
