"""The models' image: a repository, the project that fills it, the resource that waits for the build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import (
    Aws,
    CustomResource,
    Duration,
    RemovalPolicy,
    aws_codebuild,
    aws_ecr,
    aws_iam,
    aws_logs,
    aws_s3_assets,
)
from constructs import Construct

from infra.bundle import tag_of
from infra.parts.grantee import statement
from infra.parts.worker import retention
from tidegate.models.environment import LOCK

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from infra.environments import Environment
    from infra.parts.worker import Worker


BUILDS, WAITS = 25, 10  # minutes that a build may take, and may wait for a machine


class ModelImage(Construct):
    """One image for all models, built where the stack is deployed, so that nobody needs Docker.

    A model whose training has an environment of its own gets a second one, for that step alone.
    """

    def __init__(self, scope: Construct, *, environment: Environment, source: Path) -> None:
        super().__init__(scope, "ModelImage")
        self.name = f"tidegate-{environment.name}-models"
        self.tag = tag_of(source)
        self.repository = aws_ecr.Repository(
            self,
            "Repository",
            repository_name=self.name,
            image_tag_mutability=aws_ecr.TagMutability.IMMUTABLE,
            image_scan_on_push=True,
            removal_policy=RemovalPolicy.RETAIN if environment.keeps_data else RemovalPolicy.DESTROY,
        )
        self._source = aws_s3_assets.Asset(self, "Source", path=str(source))
        self._log = aws_logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/codebuild/{self.name}",
            retention=retention(environment.log_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = self._make_role()
        self.project = self._make_project()

    def built_by(self, build: Worker, *, heard_by: Sequence[Construct]) -> str:
        """Start the build when the source changes; the URI of the image that it made, by digest.

        `heard_by` are the rules that tell the function of the build's end, so they must be there before it.
        """
        build.may("Build", ["codebuild:StartBuild", "codebuild:BatchGetBuilds"], [self.project.attr_arn])
        build.may("FindTheImage", ["ecr:DescribeImages"], [self.repository.repository_arn])
        made = {"Dockerfile": "Dockerfile", "Requirements": "requirements.txt"}
        return self._build("Build", self.tag, made, build, heard_by)

    def trains(self, model: str, build: Worker, *, heard_by: Sequence[Construct]) -> str:
        """The same for the image in which one model trains: other packages, the same code."""
        made = {"Dockerfile": "training.Dockerfile", "Requirements": f"pipelines/{model}/{LOCK}"}
        named = model.title().replace("_", "")
        return self._build(f"Build{named}", f"{model}-{self.tag}", made, build, heard_by)

    def _build(
        self, name: str, tag: str, made: Mapping[str, str], build: Worker, heard_by: Sequence[Construct]
    ) -> str:
        resource = CustomResource(
            self,
            name,
            service_token=build.function.function_arn,
            resource_type="Custom::TidegateImageBuild",
            service_timeout=Duration.minutes(WAITS + BUILDS + 5),
            properties={
                "Project": self.project.ref,
                "Repository": self.repository.repository_uri,
                "Tag": tag,
                "ImageUri": f"{self.repository.repository_uri}:{tag}",  # what the build pushes
                **made,
            },
        )
        resource.node.add_dependency(build.policy, build.function, self._policy, *heard_by)
        return resource.get_att_string("ImageUri")

    def _make_role(self) -> aws_iam.Role:
        project = f"arn:{Aws.PARTITION}:codebuild:{Aws.REGION}:{Aws.ACCOUNT_ID}:project/{self.name}"
        role = aws_iam.Role(
            self,
            "Role",
            role_name=f"{self.name}-build",
            assumed_by=aws_iam.ServicePrincipal(
                "codebuild.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID, "aws:SourceArn": project}},
            ),
        )
        log = self._log.log_group_arn.removesuffix(":*")
        push = ["BatchCheckLayerAvailability", "CompleteLayerUpload", "InitiateLayerUpload"]
        push += ["PutImage", "UploadLayerPart", "BatchGetImage"]
        bucket = self._source.bucket
        self._policy = aws_iam.Policy(
            self,
            "Policy",
            policy_name=f"{self.name}-build",
            roles=[role],
            statements=[
                statement(
                    "FetchItsSource", ["s3:GetObject"], [bucket.arn_for_objects(self._source.s3_object_key)]
                ),
                statement("SignInToTheRegistry", ["ecr:GetAuthorizationToken"], ["*"]),
                statement("PushTheImage", [f"ecr:{name}" for name in push], [self.repository.repository_arn]),
                statement(
                    "WriteItsLog", ["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log}:log-stream:*"]
                ),
            ],
        )
        return role

    def _make_project(self) -> aws_codebuild.CfnProject:
        words = aws_codebuild.CfnProject
        project = words(
            self,
            "Project",
            name=self.name,
            description="Builds the image in which models are trained and served",
            service_role=self.role.role_arn,
            artifacts=words.ArtifactsProperty(type="NO_ARTIFACTS"),
            source=words.SourceProperty(
                type="S3", location=f"{self._source.s3_bucket_name}/{self._source.s3_object_key}"
            ),
            environment=words.EnvironmentProperty(
                type="LINUX_CONTAINER",
                image="aws/codebuild/amazonlinux-x86_64-standard:5.0",
                compute_type="BUILD_GENERAL1_MEDIUM",
                privileged_mode=True,
            ),
            logs_config=words.LogsConfigProperty(
                cloud_watch_logs=words.CloudWatchLogsConfigProperty(
                    status="ENABLED", group_name=self._log.log_group_name
                )
            ),
            timeout_in_minutes=BUILDS,
            queued_timeout_in_minutes=WAITS,
        )
        project.node.add_dependency(self._policy)
        return project
