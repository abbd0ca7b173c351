"""A job's role: what a container of ours may do, as SageMaker runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, aws_iam

from infra.parts.grantee import Grantee

if TYPE_CHECKING:
    from aws_cdk import aws_ecr
    from constructs import Construct

    from infra.environments import Environment


class JobRole(Grantee):
    """The role `tidegate-<environment>-<name>`: the models' image, a log, and what is granted."""

    def __init__(
        self, scope: Construct, *, name: str, environment: Environment, repository: aws_ecr.IRepository
    ) -> None:
        super().__init__(scope, f"{name.title()}Role")
        physical = f"tidegate-{environment.name}-{name}"
        self.role = aws_iam.Role(
            self,
            "Role",
            role_name=physical,
            assumed_by=aws_iam.ServicePrincipal(
                "sagemaker.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        self.policy = aws_iam.Policy(self, "Policy", policy_name=physical, roles=[self.role])
        # https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html says what a job's role needs.
        self.may("SignInToTheRegistry", ["ecr:GetAuthorizationToken"], ["*"])
        self.may(
            "FetchTheImage",
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository.repository_arn],
        )
        self.may(
            "WriteItsLog",
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/*"],
        )
        self.may(
            "MeasureItself",
            ["cloudwatch:PutMetricData"],
            ["*"],
            {"StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}},
        )
