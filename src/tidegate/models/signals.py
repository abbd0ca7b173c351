"""What our functions say in metrics of a model's service; alarms of the same stacks listen."""

from __future__ import annotations

UNWANTED = "Unwanted"  # a roll-out that is to be taken back, whatever its answers look like
ROLLED_BACK = "RolledBack"
SHIFT = "PredictionShift"  # how far the scores of two versions lie apart, on average
IDLE = "IdleDollars"  # what an endpoint that nobody asks costs a month
NAMESPACE = "Tidegate"


def dimensions(endpoint: str) -> dict[str, str]:
    """The dimensions of an endpoint's metrics, whichever function says them."""
    return {"service": "deployment", "endpoint": endpoint}


def ring(endpoint: str, metric: str = UNWANTED, value: float = 1) -> None:
    """Write the metric of an endpoint into the log, in CloudWatch's embedded format, by the second."""
    from aws_lambda_powertools.metrics import MetricResolution, MetricUnit, single_metric

    with single_metric(
        name=metric,
        unit=MetricUnit.Count,
        value=value,
        namespace=NAMESPACE,
        resolution=MetricResolution.High,
    ) as told:
        for name, meaning in dimensions(endpoint).items():
            told.add_dimension(name, meaning)
