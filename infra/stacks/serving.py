"""How a model answers: approval, roll-out, the endpoint's alarms, the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, Duration, aws_cloudwatch, aws_events, aws_iam
from aws_cdk.aws_events_targets import SfnStateMachine
from aws_cdk.aws_stepfunctions import StateMachine

from infra.flow import FLOW, MACHINES
from infra.parts.door import Door
from infra.parts.grantee import statement
from infra.parts.machine import Machine
from infra.stacks import permits
from infra.stacks.floor import Floor, Kit
from infra.stacks.listening import listens
from infra.stacks.patterns import pattern
from infra.triggers import Route
from tidegate.settings import Setting

if TYPE_CHECKING:
    from constructs import Construct

    from infra.parts.worker import Worker
    from infra.stacks.lake import LakeStack
    from infra.stacks.training import TrainingStack

VARIANT = "AllTraffic"
SLOW_MICROSECONDS = 500_000
TYPICAL = "p50"  # of a handful of requests in a minute, the one slow one must not take a good model back
FEW_ERRORS = 5  # in a minute


class ServingStack(Floor):
    """Serving: an approved version is rolled out, and requests are answered."""

    def __init__(self, scope: Construct, *, kit: Kit, lake: LakeStack, training: TrainingStack) -> None:
        super().__init__(scope, noun="serving", description="Tidegate: how a model answers", kit=kit)
        settings = training.settings
        approve = self.worker("approve", settings)
        deploy = self.worker("deploy", settings)
        verify = self.worker("verify", settings)
        predict = self.worker("predict", settings)
        self.workers = (approve, deploy, verify, predict)
        self.machine = Machine(
            self,
            name="deployment",
            environment=self.environment_,
            substitutions={
                "Bus": lake.bus.event_bus_name,
                "Deploy": deploy.function.function_arn,
                "Verify": verify.function.function_arn,
            },
        )
        listens(self, approve, lake)
        self._start_on_approval(lake)
        for model in kit.plan.models:
            self._watch_endpoint(model.replace("_", "-"))
        door = Door(self, environment=self.environment_)
        for trigger in FLOW["predict"].on:
            if isinstance(trigger, Route):
                door.opens(trigger, predict)

        permits.say_facts(approve, lake)
        self._allow_deploy(deploy, training)
        for worker in (verify, predict):
            worker.may("AskEndpoints", ["sagemaker:InvokeEndpoint"], [self._ours("endpoint")])
        self._allow_machine(deploy, verify, lake, training)
        self.tells({Setting.DEPLOYMENT_MACHINE_ARN: self.machine.machine.ref, Setting.API_URL: door.url})

    def _ours(self, kind: str) -> str:
        return self.arn("sagemaker", f"{kind}/{self.called('*')}")

    def _start_on_approval(self, lake: LakeStack) -> None:
        said = MACHINES["deployment"]
        assert said is not None, "the flow says what starts a deployment"
        matches = pattern(said, plan=self.kit.plan, bucket=lake.landing.bucket.bucket_name)
        assert matches is not None, "an approval names no dataset"
        rule = aws_events.Rule(
            self,
            f"DeploymentOn{said.fact.name()}",
            event_bus=lake.bus,
            event_pattern=aws_events.EventPattern(**matches),
        )
        machine = StateMachine.from_state_machine_arn(self, "Deployment", self.machine.machine.ref)
        starter = aws_iam.Role(
            self,
            "DeploymentStarter",
            role_name=self.called("deployment-starter"),
            assumed_by=aws_iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
        )
        policy = aws_iam.Policy(self, "DeploymentStarterPolicy", roles=[starter])
        policy.add_statements(
            statement("StartTheDeployment", ["states:StartExecution"], [self.machine.machine.ref])
        )
        rule.add_target(
            SfnStateMachine(
                machine, role=starter.without_policy_updates(), dead_letter_queue=lake.undelivered
            )
        )
        rule.node.add_dependency(policy)

    def _watch_endpoint(self, model: str) -> None:
        """The alarms that take a roll-out back; the endpoint itself is made by the deployment machine."""
        dimensions = {"EndpointName": self.called(model), "VariantName": VARIANT}
        title = model.title().replace("-", "")
        for kind, metric, statistic, threshold in (
            ("errors", "Invocation5XXErrors", "Sum", FEW_ERRORS),
            ("latency", "ModelLatency", TYPICAL, SLOW_MICROSECONDS),
        ):
            aws_cloudwatch.Alarm(
                self,
                f"{title}{kind.title()}",
                alarm_name=f"{self.called(model)}-{kind}",
                alarm_description=f"The endpoint of {model}: {metric}; a roll-out under way is taken back",
                metric=aws_cloudwatch.Metric(
                    namespace="AWS/SageMaker",
                    metric_name=metric,
                    dimensions_map=dimensions,
                    statistic=statistic,
                    period=Duration.minutes(1),
                ),
                threshold=threshold,
                evaluation_periods=1,
                comparison_operator=aws_cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
                treat_missing_data=aws_cloudwatch.TreatMissingData.NOT_BREACHING,
            )

    def _allow_deploy(self, deploy: Worker, training: TrainingStack) -> None:
        deploy.may("ReadTheVersion", ["sagemaker:DescribeModelPackage"], training.registry)
        deploy.may("SeeWhatIsInService", ["sagemaker:DescribeEndpoint"], [self._ours("endpoint")])

    def _allow_machine(
        self, deploy: Worker, verify: Worker, lake: LakeStack, training: TrainingStack
    ) -> None:
        machine = self.machine
        for what in ("Model", "EndpointConfig"):
            arn = self._ours(what.lower() if what == "Model" else "endpoint-config")
            machine.may(f"Make{what}", [f"sagemaker:Create{what}", f"sagemaker:Describe{what}"], [arn])
        endpoint = [f"sagemaker:{verb}Endpoint" for verb in ("Create", "Update", "Describe")]
        machine.may("RollOut", endpoint, [self._ours("endpoint"), self._ours("endpoint-config")])
        made = [self._ours(kind) for kind in ("model", "endpoint-config", "endpoint")]
        machine.may("TagWhatItMakes", ["sagemaker:AddTags"], made)
        machine.may(
            "LendTheEndpointItsRole",
            ["iam:PassRole"],
            [training.endpoint.role.role_arn],
            {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )
        alarms = f"arn:{Aws.PARTITION}:cloudwatch:{Aws.REGION}:{Aws.ACCOUNT_ID}:alarm:{self.called('*')}"
        machine.may("SeeAlarms", ["cloudwatch:DescribeAlarms"], [alarms])
        functions = [deploy.function.function_arn, verify.function.function_arn]
        machine.may("AskFunctions", ["lambda:InvokeFunction"], functions)
        permits.say_facts(machine, lake)
