"""The alarms that take a roll-out back: errors, slow answers, and a wish that our functions say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import Alarm, ComparisonOperator, MathExpression, Metric, TreatMissingData
from constructs import Construct

from tidegate.models.rollout import VARIANT
from tidegate.models.signals import NAMESPACE, UNWANTED, dimensions

if TYPE_CHECKING:
    from aws_cdk.aws_cloudwatch import IMetric

MINUTE = Duration.minutes(1)
FEW_ERRORS = 5  # in a minute
FEW_SLOW = 2  # answers in a minute: so many are nobody's fault
SLOW_PERCENT = 1  # of a minute's answers; more than that is a 99th percentile beyond the limit
AT_ONCE = Duration.seconds(10)


class EndpointAlarms(Construct):
    """The alarms of one model's endpoint, which itself is made by the deployment machine."""

    def __init__(self, scope: Construct, *, endpoint: str, title: str, slow_ms: int) -> None:
        super().__init__(scope, f"{title}Alarms")
        self._endpoint = endpoint
        errors = self._metric("Invocation5XXErrors", "Sum")
        self._alarm("errors", errors, FEW_ERRORS, f"more than {FEW_ERRORS} errors in a minute")
        slow = MathExpression(
            expression=f"IF(slow > {FEW_SLOW}, 100 * slow / all, 0)",
            using_metrics={
                "slow": self._metric("ModelLatency", f"TC({1000 * slow_ms}:)"),
                "all": self._metric("ModelLatency", "SampleCount"),
            },
            period=MINUTE,
        )
        self._alarm("latency", slow, SLOW_PERCENT, f"answers beyond {slow_ms} ms, in percent")
        unwanted = Metric(
            namespace=NAMESPACE,
            metric_name=UNWANTED,
            dimensions_map=dimensions(endpoint),
            statistic="Sum",
            period=AT_ONCE,
        )
        self._alarm("unwanted", unwanted, 0, "the roll-out under way is to be taken back")

    def _metric(self, name: str, statistic: str) -> Metric:
        return Metric(
            namespace="AWS/SageMaker",
            metric_name=name,
            dimensions_map={"EndpointName": self._endpoint, "VariantName": VARIANT},
            statistic=statistic,
            period=MINUTE,
        )

    def _alarm(self, kind: str, metric: IMetric, above: float, what: str) -> None:
        Alarm(
            self,
            kind.title(),
            alarm_name=f"{self._endpoint}-{kind}",
            alarm_description=f"The endpoint {self._endpoint}: {what}; a roll-out under way is taken back",
            metric=metric,
            threshold=above,
            evaluation_periods=1,
            comparison_operator=ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=TreatMissingData.NOT_BREACHING,
        )
