"""A machine: a state machine defined by a file of `infra/machines`, with a role and a log of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Aws, aws_iam, aws_stepfunctions

from infra.parts.grantee import Grantee
from infra.parts.worker import log_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.environments import Environment

DEFINITIONS = Path(__file__).resolve().parents[1] / "machines"


class Machine(Grantee):
    """The state machine `infra/machines/<name>.asl.json`."""

    def __init__(
        self, scope: Construct, *, name: str, environment: Environment, substitutions: Mapping[str, str]
    ) -> None:
        super().__init__(scope, f"{name.title()}Machine")
        self.name = f"tidegate-{environment.name}-{name}"
        self.arn = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{self.name}"
        self.role = aws_iam.Role(
            self,
            "Role",
            role_name=f"{self.name}-machine",
            assumed_by=aws_iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": self.arn},
                },
            ),
        )
        self.policy = aws_iam.Policy(self, "Policy", policy_name=f"{self.name}-machine", roles=[self.role])
        log = log_group(self, f"/aws/vendedlogs/states/{self.name}", environment.log_days)
        destination = aws_stepfunctions.CfnStateMachine.LogDestinationProperty(
            cloud_watch_logs_log_group=aws_stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                log_group_arn=log.log_group_arn
            )
        )
        self.machine = aws_stepfunctions.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=self.name,
            role_arn=self.role.role_arn,
            definition_string=(DEFINITIONS / f"{name}.asl.json").read_text("utf-8"),
            definition_substitutions=dict(substitutions),
            logging_configuration=aws_stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL", include_execution_data=False, destinations=[destination]
            ),
        )
        self.machine.node.add_dependency(self.policy)
        self.may("DeliverItsLog", LOG_DELIVERY, ["*"])


# https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html: these have no resources to name
LOG_DELIVERY = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
