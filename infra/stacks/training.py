"""How rows become a registered model: the decision, the machine, its jobs' roles and image, the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Aws, aws_sagemaker

from infra.parts.clock import Clock
from infra.parts.job_role import JobRole
from infra.parts.machine import Machine
from infra.parts.model_image import ModelImage
from infra.stacks import permits
from infra.stacks.floor import Floor, Kit
from infra.stacks.listening import listens
from tidegate.models.tracking import OFF, SERVICE
from tidegate.settings import Setting

if TYPE_CHECKING:
    from constructs import Construct

    from infra.parts.worker import Worker
    from infra.stacks.lake import LakeStack

# https://docs.aws.amazon.com/step-functions/latest/dg/connect-sagemaker.html: the rules behind `.sync`
SYNC_RULES = (
    "StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    "StepFunctionsGetEventsForSageMakerProcessingJobsRule",
)


LOGGING = ("GetExperimentByName", "CreateExperiment", "SearchRuns", "CreateRun", "LogBatch", "UpdateRun")


class TrainingStack(Floor):
    """Training: new rows, a clock or a drift, and a version waits in the registry."""

    def __init__(self, scope: Construct, *, kit: Kit, lake: LakeStack) -> None:
        super().__init__(scope, noun="training", description="Tidegate: how rows become a model", kit=kit)
        build = self.worker("build", lake.settings)
        image = ModelImage(self, environment=self.environment_, source=kit.image)
        heard_by = listens(self, build, lake)
        image_uri = image.built_by(build, heard_by=heard_by)
        own = [name for name, model in kit.plan.models.items() if model.environment]
        training_images = {name: image.trains(name, build, heard_by=heard_by) for name in own}
        self.snapshot, self.learning, self.endpoint = (
            JobRole(self, name=name, environment=self.environment_, repository=image.repository)
            for name in ("snapshot", "learning", "endpoint")
        )
        keep, gate = self.worker("keep", lake.settings), self._make_gate(lake)
        self.machine = self._make_machine(keep, gate, lake)
        told = {
            Setting.MLFLOW_SERVER_ARN: self.environment_.mlflow,
            Setting.MODEL_IMAGE: image_uri,
            Setting.TRAINING_IMAGES: self.to_json_string(training_images),
            Setting.MODEL_ROLE_ARN: self.endpoint.role.role_arn,
            Setting.TRAINING_MACHINE_ARN: self.machine.machine.ref,
        }
        self.settings = {**lake.settings, **told}
        train = self.worker("train", self.settings)
        self.workers = (build, keep, gate, train)
        listens(self, train, lake)
        clock = Clock(self, name="retrains", environment=self.environment_, undelivered=lake.undelivered)
        for name, model in kit.plan.models.items():
            clock.strikes(name, train, expression=model.schedule, says={"model": name, "cause": "Schedule"})
            self._make_registry(name)

        self._allow_train(train, lake)
        self._allow_keep(keep, lake)
        self._allow_machine(keep, gate, lake)
        self._allow_jobs(lake)
        self.tells(told)

    def _make_gate(self, lake: LakeStack) -> Worker:
        mlflow = self.environment_.mlflow
        gate = self.worker("gate", {**lake.settings, Setting.MLFLOW_SERVER_ARN: mlflow})
        permits.read(gate, "ReadTheEvaluation", lake.artefact, "runs/*/evaluation/", "runs/*/run.json")
        permits.use_key(gate, lake, "s3", encrypts=False)
        if mlflow != OFF:
            gate.may("LogTheTraining", [f"{SERVICE}:{name}" for name in LOGGING], [mlflow])
        return gate

    def _make_machine(self, keep: Worker, gate: Worker, lake: LakeStack) -> Machine:
        machine = Machine(
            self,
            name="training",
            environment=self.environment_,
            substitutions={
                "Environment": self.environment_.name,
                "Database": lake.database,
                "Workgroup": lake.workgroup,
                "Region": Aws.REGION,
                "Key": lake.key.key_arn,
                "Bus": lake.bus.event_bus_name,
                "Keep": keep.function.function_arn,
                "Gate": gate.function.function_arn,
                "SnapshotRole": self.snapshot.role.role_arn,
                "LearningRole": self.learning.role.role_arn,
            },
        )
        machine.machine.node.add_dependency(self.snapshot.policy, self.learning.policy)
        return machine

    def _make_registry(self, model: str) -> None:
        aws_sagemaker.CfnModelPackageGroup(
            self,
            f"Registry{model.title().replace('_', '')}",
            model_package_group_name=self.called(model.replace("_", "-")),
            model_package_group_description=f"The versions of {model}",
        )

    def _allow_train(self, train: Worker, lake: LakeStack) -> None:
        machine = self.machine.machine.ref
        permits.read(train, "ReadTheLastTraining", lake.artefact, "runs/*/last.json", "runs/*/run.json")
        permits.browse(train, "SeeWhetherThereWasOne", lake.artefact, "runs/")
        records = ("runs/*/last.json", "runs/*/run.json", "watch/*.led-to.json")
        permits.write(train, "RecordTheTraining", lake.artefact, *records)
        permits.read(train, "ReadTableMetadata", lake.lake, "tables/*/metadata/")
        permits.catalogue(train, "FindTables", lake, "GetTable")
        permits.use_key(train, lake, "s3", "dynamodb")
        train.may("ReadTheRecord", ["dynamodb:GetItem"], [lake.serving.table_arn])
        train.may("StartTheMachine", ["states:StartExecution", "states:ListExecutions"], [machine])
        executions = self.arn("states", f"execution:{self.machine.name}:*")
        train.may("SeeHowATrainingWent", ["states:DescribeExecution"], [executions])
        train.may("SeeVersions", ["sagemaker:DescribeModelPackage"], self.registry)

    @property
    def registry(self) -> list[str]:
        """The ARNs of our model package groups and of their packages."""
        kinds = ("model-package-group", "model-package")
        return [self.arn("sagemaker", f"{kind}/{self.called('*')}") for kind in kinds]

    def _allow_keep(self, keep: Worker, lake: LakeStack) -> None:
        """To tag a snapshot is to write a table's metadata anew, and to drop the oldest of it."""
        permits.read(keep, "ReadMetadata", lake.lake, "tables/*/metadata/")
        permits.write(keep, "WriteMetadata", lake.lake, "tables/*/metadata/")
        keep.may("RemoveOldMetadata", ["s3:DeleteObject"], [lake.lake.keys("tables/*/metadata/")])
        permits.browse(keep, "SeeWhetherMetadataExists", lake.lake, "tables/")
        permits.catalogue(keep, "TagSnapshots", lake, "GetDatabase", "GetTable", "UpdateTable")
        permits.use_key(keep, lake, "s3")

    def _allow_machine(self, keep: Worker, gate: Worker, lake: LakeStack) -> None:
        machine = self.machine
        jobs = {kind: self.arn("sagemaker", f"{kind}-job/*") for kind in ("processing", "training")}
        for kind, arn in jobs.items():
            actions = [f"sagemaker:{verb}{kind.title()}Job" for verb in ("Create", "Describe", "Stop")]
            machine.may(f"Run{kind.title()}Jobs", actions, [arn])
        machine.may("TagJobs", ["sagemaker:AddTags"], list(jobs.values()))
        machine.may(
            "HearWhenJobsEnd",
            ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
            [self.arn("events", f"rule/{name}") for name in SYNC_RULES],
        )
        roles = [self.snapshot.role.role_arn, self.learning.role.role_arn]
        passed = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
        machine.may("LendJobsTheirRoles", ["iam:PassRole"], roles, passed)
        asked = [keep.function.function_arn, gate.function.function_arn]
        machine.may("AskFunctions", ["lambda:InvokeFunction"], asked)
        machine.may("Register", ["sagemaker:CreateModelPackage"], self.registry)
        permits.say_facts(machine, lake)

    def _allow_jobs(self, lake: LakeStack) -> None:
        snapshot, learning, endpoint = self.snapshot, self.learning, self.endpoint
        permits.read(snapshot, "ReadRunAndResults", lake.artefact, "runs/*/run.json", "athena/")
        permits.write(snapshot, "WriteDataAndResults", lake.artefact, "runs/*/data/", "athena/")
        permits.read(snapshot, "ReadTables", lake.lake, "tables/")
        for store in (lake.artefact, lake.lake):
            snapshot.may(
                f"Browse{store.node.id}", ["s3:ListBucket", "s3:GetBucketLocation"], [store.bucket.bucket_arn]
            )
        queries = ("StartQueryExecution", "GetQueryExecution", "GetQueryResults", "GetWorkGroup")
        group = self.arn("athena", f"workgroup/{lake.workgroup}")
        snapshot.may("Query", [f"athena:{name}" for name in queries], [group])
        permits.catalogue(snapshot, "FindTables", lake, "GetDatabase", "GetTable")
        permits.read(learning, "ReadTheRun", lake.artefact, "runs/")
        permits.browse(learning, "BrowseTheRun", lake.artefact, "runs/")
        permits.write(
            learning, "WriteModelAndEvaluation", lake.artefact, "runs/*/model/", "runs/*/evaluation/"
        )
        for job in (snapshot, learning):
            permits.use_key(job, lake, "s3")
            job.may(
                "EncryptItsDisk",
                ["kms:CreateGrant"],
                [lake.key.key_arn],
                {"Bool": {"kms:GrantIsForAWSResource": "true"}},
            )
        permits.read(endpoint, "ReadTheModel", lake.artefact, "runs/*/model/")
        permits.write(endpoint, "CapturePredictions", lake.artefact, "captures/")
        permits.use_key(endpoint, lake, "s3", "dynamodb")
        endpoint.may("LookUp", ["dynamodb:Query", "dynamodb:BatchGetItem"], [lake.lookups.table_arn])
