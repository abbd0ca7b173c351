"""What tells us how it goes: a dashboard, and alarms on what must not stay unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, aws_cloudwatch
from aws_cdk.aws_cloudwatch import ComparisonOperator, GraphWidget, Metric, TreatMissingData

from infra.stacks.floor import Floor, Kit

if TYPE_CHECKING:
    from constructs import Construct

    from infra.parts.worker import Worker
    from infra.stacks.ingest import IngestStack
    from infra.stacks.lake import LakeStack
    from infra.stacks.serving import ServingStack
    from infra.stacks.training import TrainingStack

FIVE_MINUTES = Duration.minutes(5)
OLDEST_MESSAGE = 900  # seconds that a file may wait
MOST_QUARANTINED = 20  # per cent of the rows


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
        workers = (*ingest.workers, *training.workers, *serving.workers)
        dead = [_depth(line.dead_letters.queue_name, f"{line.name} dead letters") for line in lines]
        dead.append(_depth(lake.undelivered.queue_name, "undelivered"))
        late = [_age(line.queue.queue_name, f"{line.name} delay") for line in lines]
        for metric in dead:
            self._alarm(metric, 0, "holds what could not be done")
        for metric in late:
            self._alarm(metric, OLDEST_MESSAGE, "falls behind")
        errors = [_errors(worker) for worker in workers]
        for metric in errors:
            self._alarm(metric, 0, "fails")
        machines = (training.machine, serving.machine)
        failed = [_executions("ExecutionsFailed", machine.machine.ref, machine.name) for machine in machines]
        for metric in failed:
            self._alarm(metric, 0, "ends in failure")
        share = _quarantined_share()
        self._alarm(share, MOST_QUARANTINED, "per cent of the rows went to quarantine")

        board = aws_cloudwatch.Dashboard(self, "Dashboard", dashboard_name=self.called("dashboard"))
        board.add_widgets(
            GraphWidget(
                title="Rows", left=[_rows("RowsGood"), _rows("RowsQuarantined")], right=[share], width=12
            ),
            GraphWidget(title="Dead letters", left=dead, width=6),
            GraphWidget(title="Oldest message", left=late, width=6),
        )
        board.add_widgets(
            GraphWidget(title="Errors", left=errors, width=12),
            GraphWidget(title="Failed executions", left=failed, width=6),
            GraphWidget(
                title="Endpoint requests", left=[_requests(self.called(m)) for m in self._models], width=6
            ),
        )

    @property
    def _models(self) -> list[str]:
        return [name.replace("_", "-") for name in self.kit.plan.models]

    def _alarm(self, metric: Metric | aws_cloudwatch.MathExpression, above: float, what: str) -> None:
        label = metric.label
        assert label is not None, "an alarm is named by its metric's label"
        noun = label.replace(" ", "-")
        aws_cloudwatch.Alarm(
            self,
            "".join(part.title() for part in noun.split("-")),
            alarm_name=self.called(noun),
            alarm_description=f"{label}: {what}",
            metric=metric,
            threshold=above,
            evaluation_periods=1,
            comparison_operator=ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.NOT_BREACHING,
        )


def _depth(queue: str, label: str) -> Metric:
    return _queue("ApproximateNumberOfMessagesVisible", queue, label)


def _age(queue: str, label: str) -> Metric:
    return _queue("ApproximateAgeOfOldestMessage", queue, label)


def _queue(name: str, queue: str, label: str) -> Metric:
    return Metric(
        namespace="AWS/SQS",
        metric_name=name,
        dimensions_map={"QueueName": queue},
        statistic="Maximum",
        period=FIVE_MINUTES,
        label=label,
    )


def _errors(worker: Worker) -> Metric:
    return Metric(
        namespace="AWS/Lambda",
        metric_name="Errors",
        dimensions_map={"FunctionName": worker.name},
        statistic="Sum",
        period=FIVE_MINUTES,
        label=f"{worker.verb} errors",
    )


def _executions(name: str, arn: str, machine: str) -> Metric:
    return Metric(
        namespace="AWS/States",
        metric_name=name,
        dimensions_map={"StateMachineArn": arn},
        statistic="Sum",
        period=FIVE_MINUTES,
        label=f"{machine.rsplit('-', 1)[-1]} failures",
    )


def _rows(name: str) -> Metric:
    return Metric(
        namespace="Tidegate",
        metric_name=name,
        dimensions_map={"service": "validate"},
        statistic="Sum",
        period=FIVE_MINUTES,
        label=name,
    )


def _quarantined_share() -> aws_cloudwatch.MathExpression:
    return aws_cloudwatch.MathExpression(
        expression="IF(good + bad > 0, 100 * bad / (good + bad), 0)",
        using_metrics={"good": _rows("RowsGood"), "bad": _rows("RowsQuarantined")},
        period=FIVE_MINUTES,
        label="quarantined share",
    )


def _requests(endpoint: str) -> Metric:
    return Metric(
        namespace="AWS/SageMaker",
        metric_name="Invocations",
        dimensions_map={"EndpointName": endpoint, "VariantName": "AllTraffic"},
        statistic="Sum",
        period=FIVE_MINUTES,
        label=endpoint,
    )
