"""A clock: schedules of one kind, and the one role with which EventBridge Scheduler calls a worker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import Aws, aws_iam, aws_scheduler
from constructs import Construct

from infra.parts.grantee import statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs

    from infra.environments import Environment
    from infra.parts.worker import Worker


class Clock(Construct):
    """The schedule group `tidegate-<environment>-<name>`."""

    def __init__(
        self, scope: Construct, *, name: str, environment: Environment, undelivered: aws_sqs.IQueue
    ) -> None:
        super().__init__(scope, f"{name.title()}Clock")
        self.name = f"tidegate-{environment.name}-{name}"
        self._undelivered = undelivered
        self._workers: set[str] = set()
        self.group = aws_scheduler.CfnScheduleGroup(self, "Group", name=self.name)
        group = f"arn:{Aws.PARTITION}:scheduler:{Aws.REGION}:{Aws.ACCOUNT_ID}:schedule-group/{self.name}"
        self.role = aws_iam.Role(
            self,
            "Role",
            role_name=f"{self.name}-clock",
            assumed_by=aws_iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": group}},
            ),
        )
        self.policy = aws_iam.Policy(self, "Policy", policy_name=f"{self.name}-clock", roles=[self.role])
        self.policy.add_statements(
            statement("KeepWhatWasNotDelivered", ["sqs:SendMessage"], [undelivered.queue_arn])
        )

    def strikes(self, name: str, worker: Worker, *, expression: str, says: Mapping[str, object]) -> None:
        """Call the worker when the expression says so."""
        if worker.name not in self._workers:
            self._workers.add(worker.name)
            self.policy.add_statements(
                statement(
                    f"Call{worker.verb.title()}", ["lambda:InvokeFunction"], [worker.function.function_arn]
                )
            )
        schedule = aws_scheduler.CfnSchedule(
            self,
            name,
            name=f"{self.name}-{_hyphens(name)}",
            group_name=self.name,
            schedule_expression=expression,
            flexible_time_window=aws_scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=aws_scheduler.CfnSchedule.TargetProperty(
                arn=worker.function.function_arn,
                role_arn=self.role.role_arn,
                input=json.dumps(says),
                dead_letter_config=aws_scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self._undelivered.queue_arn
                ),
                retry_policy=aws_scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=3
                ),
            ),
        )
        schedule.node.add_dependency(self.group)
        schedule.node.add_dependency(self.policy)


def _hyphens(name: str) -> str:
    return name.lower().replace("_", "-")
