"""The alarms that take a roll-out back: errors, slow answers, and a wish that our functions say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk.aws_cloudwatch import Alarm, ComparisonOperator, MathExpression, Metric, TreatMissingData
from constructs import Construct

from tidegate.models.rollout import VARIANT
from tidegate.models.signals import ERRORS, LATENCY, NAMESPACE, UNWANTED, dimensions, front_dimensions
from tidegate.models.ways import Serverless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk.aws_cloudwatch import IMetric

    from tidegate.models.ways import Serving

MINUTE = Duration.minutes(1)
FEW_ERRORS = 5  # in a minute
FEW_SLOW = 2  # answers in a minute: so many are nobody's fault
SLOW_PERCENT = 1  # of a minute's answers; more than that is a 99th percentile beyond the limit
AT_ONCE = Duration.seconds(10)


@dataclass(frozen=True, kw_only=True)
class Told:
    """Where a model's answers are measured, and how many slow ones of a minute are nobody's fault."""

    namespace: str
    dimensions: Mapping[str, str]
    errors: str
    latency: str
    of_a_millisecond: int  # in the latency's unit
    few_slow: int

    def metric(self, name: str, statistic: str) -> Metric:
        """One of its metrics, by the minute."""
        return Metric(
            namespace=self.namespace,
            metric_name=name,
            dimensions_map=dict(self.dimensions),
            statistic=statistic,
            period=MINUTE,
        )


class EndpointAlarms(Construct):
    """The alarms of one model's endpoint, or of our front; endpoints are made by the deployment machine."""

    def __init__(
        self, scope: Construct, *, endpoint: str, title: str, slow_ms: int, serving: Serving
    ) -> None:
        super().__init__(scope, f"{title}Alarms")
        self._endpoint = endpoint
        told = _told(endpoint, serving)
        errors = told.metric(told.errors, "Sum")
        self._alarm("errors", errors, FEW_ERRORS, f"more than {FEW_ERRORS} errors in a minute")
        slow = MathExpression(
            expression=f"IF(slow > {told.few_slow}, 100 * slow / all, 0)",
            using_metrics={
                "slow": told.metric(told.latency, f"TC({told.of_a_millisecond * slow_ms}:)"),
                "all": told.metric(told.latency, "SampleCount"),
            },
            period=MINUTE,
        )
        self._alarm("latency", slow, SLOW_PERCENT, f"answers beyond {slow_ms} ms, in percent")
        if isinstance(serving, Serverless):
            return  # what our functions say against such a roll-out, its looks read in the record
        unwanted = Metric(
            namespace=NAMESPACE,
            metric_name=UNWANTED,
            dimensions_map=dimensions(endpoint),
            statistic="Sum",
            period=AT_ONCE,
        )
        self._alarm("unwanted", unwanted, 0, "the roll-out under way is to be taken back")

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


def _told(endpoint: str, serving: Serving) -> Told:
    if isinstance(serving, Serverless):
        return Told(
            namespace=NAMESPACE,
            dimensions=front_dimensions(endpoint),
            errors=ERRORS,
            latency=LATENCY,
            of_a_millisecond=1,
            # a container that starts lets one call wait, and a version has so many containers at most
            few_slow=FEW_SLOW + serving.concurrency,
        )
    return Told(
        namespace="AWS/SageMaker",
        dimensions={"EndpointName": endpoint, "VariantName": VARIANT},
        errors="Invocation5XXErrors",
        latency="ModelLatency",
        of_a_millisecond=1000,
        few_slow=FEW_SLOW,
    )
