"""Endpoints that nobody asks: since when, what they cost a month, and whether the model wants them gone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tidegate.models.registry import find_endpoint
from tidegate.models.rollout import VARIANT
from tidegate.models.run import resource_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from tidegate.models.in_service import Records
    from tidegate.plan import ModelPlan

DAY = timedelta(days=1)
HOURS_A_MONTH = 730
# US dollars an hour on demand in us-east-1, written down in November 2026 without a look at AWS's price list
# (https://aws.amazon.com/sagemaker/pricing/): an order of magnitude for a person, never a bill.
DOLLARS_AN_HOUR = {
    "ml.t2.medium": 0.056,
    "ml.t3.medium": 0.05,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.g4dn.xlarge": 0.736,
    "ml.g5.xlarge": 1.408,
}


def monthly(variants: Sequence[dict[str, Any]]) -> float | None:
    """What these variants cost a month, in US dollars; None where a price is not known."""
    prices = [
        (DOLLARS_AN_HOUR.get(one.get("InstanceType", "")), one.get("InitialInstanceCount", 1))
        for one in variants
    ]
    if any(price is None for price, _ in prices):
        return None
    return float(sum((price or 0.0) * count for price, count in prices) * HOURS_A_MONTH)


@dataclass(frozen=True)
class IdleEndpoints:
    """The look at the endpoints of one environment."""

    sagemaker: Any
    cloudwatch: Any
    records: Records
    environment: str
    tell: Callable[[str, float], None]  # an idle endpoint and its cost a month

    def look(self, model: ModelPlan, now: datetime, days: int | None = None) -> str:
        """What is to be said of the model's endpoint, or nothing; by the model's rule it is switched off."""
        name, record = resource_name(self.environment, model.name), self.records.read(model.name)
        if record.endpoint(self.environment) != name:
            return ""  # another one answers, which costs nothing while nobody asks it
        endpoint = find_endpoint(self.sagemaker, name)
        if endpoint.get("EndpointStatus") != "InService":
            return ""
        days = model.idle.days if days is None else days
        since = now - days * DAY
        young = endpoint["LastModifiedTime"] > since
        said = ""
        if not young and not _asked(self.cloudwatch, endpoint["EndpointName"], since, now):
            said = f"no request for {days} days"
            config = self.sagemaker.describe_endpoint_config(
                EndpointConfigName=endpoint["EndpointConfigName"]
            )
            cost = monthly(config["ProductionVariants"])
            said += (
                f", about ${cost:,.0f} a month" if cost is not None else ", at a cost that is not known here"
            )
            self.tell(endpoint["EndpointName"], cost or 0.0)
            if model.idle.switch_off:
                said += f"; switched off: tidegate promote {model.name} VERSION brings it back"
        if said != record.idle:
            off = bool(said) and model.idle.switch_off
            self.records.change(model.name, lambda record: replace(record, idle=said, off=off))
        if said and model.idle.switch_off:  # last: of an endpoint that is gone nobody could say why
            self.sagemaker.delete_endpoint(EndpointName=endpoint["EndpointName"])
        return said


def _asked(cloudwatch: Any, endpoint: str, since: datetime, now: datetime) -> bool:
    told = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": VARIANT},
        ],
        StartTime=since,
        EndTime=now,
        Period=int(DAY.total_seconds()),
        Statistics=["Sum"],
    )
    return any(point["Sum"] > 0 for point in told["Datapoints"])
