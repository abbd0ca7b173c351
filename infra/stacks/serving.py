"""How a model answers: approval, roll-out, the endpoint's alarms, the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, aws_events, aws_iam
from aws_cdk.aws_events_targets import SfnStateMachine
from aws_cdk.aws_stepfunctions import StateMachine

from infra.flow import MACHINES
from infra.parts.clock import Clock
from infra.parts.door import Door
from infra.parts.endpoint_alarms import EndpointAlarms
from infra.parts.grantee import statement
from infra.parts.machine import Machine
from infra.stacks import permits
from infra.stacks.floor import Floor, Kit
from infra.stacks.fronting import allow_the_front, behind_our_front
from infra.stacks.listening import listens
from infra.stacks.patterns import pattern
from infra.triggers import Route
from tidegate.models.ways import ByRule, Shadow
from tidegate.settings import Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct

    from infra.parts.worker import Worker
    from infra.stacks.lake import LakeStack
    from infra.stacks.training import TrainingStack


class ServingStack(Floor):
    """Serving: an approved version is rolled out, and requests are answered."""

    def __init__(self, scope: Construct, *, kit: Kit, lake: LakeStack, training: TrainingStack) -> None:
        super().__init__(scope, noun="serving", description="Tidegate: how a model answers", kit=kit)
        settings = training.settings
        approve = self.worker("approve", settings)
        deploy = self.worker("deploy", settings)
        compare = self.worker("compare", settings)
        verify = self.worker("verify", settings)
        predict = self.worker("predict", settings)
        release, retire = (self.worker(verb, settings) for verb in ("release", "retire"))
        shift, clear, mirror = (self.worker(verb, settings) for verb in ("shift", "clear", "mirror"))
        steps = (deploy, compare, shift, verify, clear)
        self.workers = (approve, release, *steps, retire, predict, mirror)
        self.machine = Machine(
            self,
            name="deployment",
            environment=self.environment_,
            substitutions={
                "Bus": lake.bus.event_bus_name,
                **{step.verb.title(): step.function.function_arn for step in steps},
            },
        )
        listens(self, approve, lake)
        self._start_deployments(lake)
        self._watch_endpoints()
        door = Door(self, environment=self.environment_)
        for worker in (release, predict):
            for trigger in worker.row.on:
                if isinstance(trigger, Route):
                    door.opens(trigger, worker)

        self._allow_people(approve, release, lake, training)
        self._allow_deploy(deploy, lake, training)
        self._look_for_idle_endpoints(retire, lake)
        self._allow_judges(compare, verify, lake)
        for worker in (verify, predict):
            worker.may("AskEndpoints", ["sagemaker:InvokeEndpoint"], [self._ours("endpoint")])
        allow_the_front(self, {worker.verb: worker for worker in self.workers}, lake)
        asked = steps if behind_our_front(kit.plan.models.values()) else (deploy, compare, verify)
        self._allow_machine(asked, lake, training)
        self.tells({Setting.DEPLOYMENT_MACHINE_ARN: self.machine.machine.ref, Setting.API_URL: door.url})

    def _watch_endpoints(self) -> None:
        for name, model in self.kit.plan.models.items():
            EndpointAlarms(
                self,
                endpoint=self.called(name.replace("_", "-")),
                title=name.title().replace("_", ""),
                slow_ms=self.environment_.slow_ms,
                serving=model.serving,
            )

    @property
    def _alarms(self) -> str:
        return self.arn("cloudwatch", f"alarm:{self.called('*')}")

    def _ours(self, kind: str) -> str:
        return self.arn("sagemaker", f"{kind}/{self.called('*')}")

    def _start_deployments(self, lake: LakeStack) -> None:
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
        target = SfnStateMachine(
            machine, role=starter.without_policy_updates(), dead_letter_queue=lake.undelivered
        )
        for said in MACHINES["deployment"]:
            matches = pattern(said, plan=self.kit.plan, bucket=lake.landing.bucket.bucket_name)
            assert matches is not None, "what starts a deployment names no dataset"
            rule = aws_events.Rule(
                self,
                f"DeploymentOn{said.fact.name()}",
                event_bus=lake.bus,
                event_pattern=aws_events.EventPattern(**matches),
            )
            rule.add_target(target)
            rule.node.add_dependency(policy)

    def _allow_people(
        self, approve: Worker, release: Worker, lake: LakeStack, training: TrainingStack
    ) -> None:
        """What speaks for a person, or for the rule that a model declares in a person's place."""
        actions = ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"]
        release.may("ApproveVersions", actions, training.registry)
        release.may("SeeWhatIsInService", ["sagemaker:DescribeEndpoint"], [self._ours("endpoint")])
        permits.read_record(release, lake)
        if any(isinstance(model.approval, ByRule) for model in self.kit.plan.models.values()):
            approve.may("ApproveByRule", actions, training.registry)
            permits.read_record(approve, lake)
            self._see_executions(approve)
        for worker in (approve, release):
            permits.say_facts(worker, lake)

    def _look_for_idle_endpoints(self, retire: Worker, lake: LakeStack) -> None:
        clock = Clock(self, name="retires", environment=self.environment_, undelivered=lake.undelivered)
        clock.strikes("Retire", retire, expression=self.environment_.retires, says={})
        retire.may("SeeWhatIsInService", ["sagemaker:DescribeEndpoint"], [self._ours("endpoint")])
        retire.may("CountRequests", ["cloudwatch:GetMetricStatistics"], ["*"])  # it cannot be narrowed
        permits.read_record(retire, lake)
        retire.may("NameThem", ["dynamodb:PutItem"], [lake.serving.table_arn])
        configs = [self._ours("endpoint-config")]
        retire.may("SeeWhatTheyCost", ["sagemaker:DescribeEndpointConfig"], configs)
        if any(model.idle.switch_off for model in self.kit.plan.models.values()):
            retire.may("SwitchThemOff", ["sagemaker:DeleteEndpoint"], [self._ours("endpoint")])

    def _allow_judges(self, compare: Worker, verify: Worker, lake: LakeStack) -> None:
        permits.keep_record(verify, lake, "dynamodb")
        permits.read(compare, "ReadCaptures", lake.artefact, "captures/")
        permits.browse(compare, "FindCaptures", lake.artefact, "captures/")
        permits.keep_record(compare, lake, "dynamodb", "s3")
        if any(isinstance(model.rollout, Shadow) for model in self.kit.plan.models.values()):
            compare.may("MeasureShadows", ["cloudwatch:GetMetricData"], ["*"])  # it cannot be narrowed

    def _allow_deploy(self, deploy: Worker, lake: LakeStack, training: TrainingStack) -> None:
        deploy.may("ReadTheVersion", ["sagemaker:DescribeModelPackage"], training.registry)
        deploy.may("SeeWhatIsInService", ["sagemaker:DescribeEndpoint"], [self._ours("endpoint")])
        deploy.may("HearAlarms", ["cloudwatch:DescribeAlarms"], [self._alarms])
        self._see_executions(deploy)
        deploy.may("RemoveWhatWasNeverMade", ["sagemaker:DeleteEndpoint"], [self._ours("endpoint")])
        permits.keep_record(deploy, lake, "dynamodb")

    def _see_executions(self, worker: Worker) -> None:
        executions = self.arn("states", f"execution:{self.machine.name}:*")
        worker.may("SeeWhoHoldsIt", ["states:DescribeExecution"], [executions])

    def _allow_machine(self, asked: Sequence[Worker], lake: LakeStack, training: TrainingStack) -> None:
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
        machine.may("SeeAlarms", ["cloudwatch:DescribeAlarms"], [self._alarms])
        functions = [worker.function.function_arn for worker in asked]
        machine.may("AskFunctions", ["lambda:InvokeFunction"], functions)
        permits.say_facts(machine, lake)
