"""A worker: one function of the flow with a role, a log and nothing that was not granted by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Size, aws_iam, aws_lambda, aws_logs

from infra.parts.grantee import Grantee

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct

    from infra.environments import Environment
    from infra.triggers import Function
    from tidegate.settings import Setting


class Worker(Grantee):
    """The Lambda function `functions/<verb>.py`, as its row of the flow has it."""

    def __init__(
        self,
        scope: Construct,
        *,
        verb: str,
        row: Function,
        environment: Environment,
        code: aws_lambda.Code,
        layers: Sequence[aws_lambda.ILayerVersion],
        settings: Mapping[Setting, str],
    ) -> None:
        super().__init__(scope, verb.title())
        self.verb = verb
        self.row = row
        self.name = f"tidegate-{environment.name}-{verb}"
        caller = aws_iam.ServicePrincipal("lambda.amazonaws.com")
        self.role = aws_iam.Role(self, "Role", role_name=f"{self.name}-function", assumed_by=caller)
        told = {setting.value: settings[setting] for setting in row.reads}
        self.log_group = log_group(self, f"/aws/lambda/{self.name}", environment.log_days)
        self.function = aws_lambda.Function(
            self,
            "Function",
            function_name=self.name,
            handler=f"functions.{verb}.handler",
            runtime=aws_lambda.Runtime.PYTHON_3_13,
            architecture=aws_lambda.Architecture.ARM_64,
            code=code,
            layers=layers,
            memory_size=row.memory,
            timeout=Duration.seconds(row.timeout),
            ephemeral_storage_size=Size.mebibytes(row.scratch),
            role=self.role.without_policy_updates(),
            log_group=self.log_group,
            environment={**told, "POWERTOOLS_SERVICE_NAME": verb},
        )
        self.policy = aws_iam.Policy(self, "Policy", policy_name=f"{self.name}-function", roles=[self.role])
        self.function.node.add_dependency(self.policy)
        self.may(
            "WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{self._log_arn}:log-stream:*"]
        )

    @property
    def _log_arn(self) -> str:
        return self.log_group.log_group_arn.removesuffix(":*")


def log_group(scope: Construct, name: str, days: int) -> aws_logs.LogGroup:
    """The log of a part, which goes when the part goes."""
    return aws_logs.LogGroup(
        scope,
        "Log",
        log_group_name=name,
        retention=retention(days),
        removal_policy=RemovalPolicy.DESTROY,
    )


def retention(days: int) -> aws_logs.RetentionDays:
    """CDK's word for a number of days."""
    words = {7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 90: "THREE_MONTHS", 365: "ONE_YEAR"}
    return aws_logs.RetentionDays[words[days]]
