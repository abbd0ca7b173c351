"""What tells us how it goes: models are looked at, and there are a dashboard and alarms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, aws_cloudwatch
from aws_cdk.aws_cloudwatch import ComparisonOperator, GraphWidget, Metric, TreatMissingData

from infra.parts.clock import Clock
from infra.stacks import permits
from infra.stacks.floor import Floor, Kit
from tidegate.models.run import hyphens
from tidegate.models.signals import NAMESPACE, REQUESTS, ROLLED_BACK, dimensions, front_dimensions
from tidegate.models.ways import Serverless

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from constructs import Construct

    from infra.parts.worker import Worker
    from infra.stacks.ingest import IngestStack
    from infra.stacks.lake import LakeStack
    from infra.stacks.serving import ServingStack
    from infra.stacks.training import TrainingStack
    from tidegate.plan import ModelPlan

FIVE_MINUTES = Duration.minutes(5)
REFUSALS = {
    "quarantined rows": "RowsQuarantined",
    "quarantined files": "FilesQuarantined",
    "changed columns": "ChangesFirstSeen",
}
LOOKS = {
    "Drifts found": "DriftsFound",
    "PSI of the worst feature": "WorstPsi",
    "PSI of the scores": "PredictionShift",
    "Live AUC": "LiveAuc",
}
OLDEST_MESSAGE = 900  # seconds that a file may wait
UNFINISHED = 5  # answers in five minutes: a reader may leave


class WatchStack(Floor):
    """Watch: what is dead, late, failing or refused raises an alarm."""

    def __init__(
        self,
        scope: Construct,
        *,
        kit: Kit,
        lake: LakeStack,
        ingest: IngestStack,
        training: TrainingStack,
        serving: ServingStack,
    ) -> None:
        super().__init__(scope, noun="watch", description="Tidegate: how it goes", kit=kit)
        lines = ingest.lines.values()
        monitor = self._look_at_models(lake, training)
        workers = (*ingest.workers, *training.workers, *serving.workers, monitor)
        dead = {f"{line.name} dead letters": _depth(line.dead_letters.queue_name) for line in lines}
        dead["undelivered"] = _depth(lake.undelivered.queue_name)
        late = {f"{line.name} delay": _age(line.queue.queue_name) for line in lines}
        errors = {f"{worker.verb} errors": _errors(worker) for worker in workers}
        machines = {"training": training.machine, "deployment": serving.machine}
        failed = {f"{name} failures": _failures(machine.machine.ref) for name, machine in machines.items()}
        refusals = {name: _counted(metric) for name, metric in REFUSALS.items()}
        self._alarms(dead, 0, "what could not be done waits here for somebody")
        self._alarms(late, OLDEST_MESSAGE, "files have waited this many seconds")
        self._alarms(errors, 0, "the function failed")
        self._alarms(failed, 0, "an execution ended in failure")
        self._alarms(self._rollbacks(kit.plan.models), 0, "a version had to leave: tidegate models")
        self._alarms(refusals, 0, "what arrived breaks its contract, or differs from it as nothing before")
        board = aws_cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self.called("dashboard"))
        board.add_widgets(
            _graph("Rows", {"good rows": _counted("RowsGood"), **refusals, **_replays()}, 12),
            _graph("Dead letters", dead, 6),
            _graph("Oldest message", late, 6),
        )
        board.add_widgets(
            _graph("Errors", errors, 12),
            _graph("Failed executions", failed, 6),
            _graph("Endpoint requests", self._requests(kit.plan.models.values()), 6),
        )
        self._show_looks(board)

    def _show_looks(self, board: aws_cloudwatch.Dashboard) -> None:
        """Alarms on drift, and a graph of each figure that a look tells."""
        models = [name for name, model in self.kit.plan.models.items() if not model.writes]
        drifts = {f"{name} drift": _model("DriftsFound", name, "Sum") for name in models}
        self._alarms(drifts, 0, "what is asked or answered is not what training saw; see: tidegate drift")
        lost = {
            f"{name} lost captures": self._endpoints("LostCaptures", name) for name in self.kit.plan.models
        }
        self._alarms(lost, 0, "predictions were given that nobody can judge: see the endpoint's log")
        cut = {
            f"{name} unfinished answers": self._endpoints("UnfinishedAnswers", name)
            for name, model in self.kit.plan.models.items()
            if model.writes
        }
        self._alarms(cut, UNFINISHED, "texts that failed, or whose reader left: see the endpoint's log")
        board.add_widgets(
            *(
                _graph(title, {name: _model(metric, name, "Maximum") for name in models}, 6)
                for title, metric in LOOKS.items()
            ),
        )

    def _endpoints(self, metric: str, model: str) -> Metric:
        """What the endpoint of a model counts."""
        return _metric("Tidegate", metric, "Sum", {"environment": self.environment_.name, "model": model})

    def _look_at_models(self, lake: LakeStack, training: TrainingStack) -> Worker:
        """The function that judges what models are asked and answer, and each model's clock."""
        monitor = self.worker("monitor", training.settings)
        clock = Clock(self, name="watches", environment=self.environment_, undelivered=lake.undelivered)
        for name, model in self.kit.plan.models.items():
            if model.writes:
                continue
            says = {"model": name, "cause": "Schedule"}
            clock.strikes(name, monitor, expression=model.watch, says=says)
        kept = ("captures/", "runs/*/evaluation/", "watch/*/place.json", "athena/")
        permits.read(monitor, "ReadWhatIsJudged", lake.artefact, *kept)
        permits.write(monitor, "WriteReportsAndResults", lake.artefact, "watch/", "athena/")
        permits.read(monitor, "ReadTables", lake.lake, "tables/")
        for store in (lake.artefact, lake.lake):
            actions = ["s3:ListBucket", "s3:GetBucketLocation"]
            monitor.may(f"Browse{store.node.id}", actions, [store.bucket.bucket_arn])
        group = self.arn("athena", f"workgroup/{lake.workgroup}")
        monitor.may("Query", ["athena:StartQueryExecution", "athena:GetQueryExecution"], [group])
        permits.catalogue(monitor, "FindTables", lake, "GetDatabase", "GetTable")
        permits.use_key(monitor, lake, "s3")
        monitor.may("ListVersions", ["sagemaker:ListModelPackages"], ["*"])  # it cannot be narrowed
        monitor.may("SeeVersions", ["sagemaker:DescribeModelPackage"], training.registry)
        permits.say_facts(monitor, lake)
        return monitor

    def _rollbacks(self, models: Iterable[str]) -> dict[str, Metric]:
        endpoints = [hyphens(model) for model in models]
        return {f"{endpoint} rolled back": _rolled_back(self.called(endpoint)) for endpoint in endpoints}

    def _requests(self, models: Iterable[ModelPlan]) -> dict[str, Metric]:
        fronted = {hyphens(model.name): isinstance(model.serving, Serverless) for model in models}
        return {
            endpoint: (_passed_on if front else _requests)(self.called(endpoint))
            for endpoint, front in fronted.items()
        }

    def _alarms(self, metrics: Mapping[str, Metric], above: float, what: str) -> None:
        for name, metric in metrics.items():
            aws_cloudwatch.Alarm(
                self,
                name.title().replace(" ", "").replace("-", "").replace("_", ""),
                alarm_name=self.called(name.replace(" ", "-")),
                alarm_description=f"{name}: {what}",
                metric=metric,
                threshold=above,
                evaluation_periods=1,
                comparison_operator=ComparisonOperator.GREATER_THAN_THRESHOLD,
                treat_missing_data=TreatMissingData.NOT_BREACHING,
            )


def _graph(title: str, metrics: Mapping[str, Metric], width: int) -> GraphWidget:
    named = [metric.with_(label=name) for name, metric in metrics.items()]
    return GraphWidget(title=title, left=named, width=width)


def _metric(namespace: str, name: str, statistic: str, dimensions: Mapping[str, str]) -> Metric:
    return Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map=dict(dimensions),
        statistic=statistic,
        period=FIVE_MINUTES,
    )


def _depth(queue: str) -> Metric:
    return _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", {"QueueName": queue})


def _age(queue: str) -> Metric:
    return _metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", {"QueueName": queue})


def _errors(worker: Worker) -> Metric:
    return _metric("AWS/Lambda", "Errors", "Sum", {"FunctionName": worker.name})


def _failures(machine: str) -> Metric:
    return _metric("AWS/States", "ExecutionsFailed", "Sum", {"StateMachineArn": machine})


def _counted(name: str) -> Metric:
    """What `functions/validate.py` counts, in CloudWatch's embedded metric format."""
    return _metric("Tidegate", name, "Sum", {"service": "validate"})


def _replays() -> dict[str, Metric]:
    return {"recovered rows": _counted("RowsRecovered"), "retracted rows": _counted("RowsRetracted")}


def _rolled_back(endpoint: str) -> Metric:
    return _metric(NAMESPACE, ROLLED_BACK, "Sum", dimensions(endpoint))


def _model(name: str, model: str, statistic: str) -> Metric:
    """What `functions/monitor.py` tells of a model, in the same format."""
    return _metric("Tidegate", name, statistic, {"service": "monitor", "model": model})


def _passed_on(endpoint: str) -> Metric:
    """What our front tells of a serverless model."""
    return _metric(NAMESPACE, REQUESTS, "Sum", front_dimensions(endpoint))


def _requests(endpoint: str) -> Metric:
    dimensions = {"EndpointName": endpoint, "VariantName": "AllTraffic"}
    return _metric("AWS/SageMaker", "Invocations", "Sum", dimensions)
