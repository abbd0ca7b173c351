"""What our functions say in metrics of a model's service; alarms of the same stacks listen."""

from __future__ import annotations

UNWANTED = "Unwanted"  # a roll-out that is to be taken back, whatever its answers look like
ROLLED_BACK = "RolledBack"
SHIFT = "PredictionShift"  # how far the scores of two versions lie apart, on average
IDLE = "IdleDollars"  # what an endpoint that nobody asks costs a month
REQUESTS, ERRORS, LATENCY = "Requests", "Errors", "Latency"  # of a model behind our front
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


def front_dimensions(endpoint: str) -> dict[str, str]:
    """The dimensions of what our front says of a model's answers; `endpoint` has the model's name."""
    return {"service": "front", "endpoint": endpoint}


def answered(endpoint: str, milliseconds: float, *, failed: bool) -> None:
    """Say of one request that our front passed on how long it took, and whether a version failed on it."""
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

    service, name = front_dimensions(endpoint).values()
    told = EphemeralMetrics(namespace=NAMESPACE, service=service)
    told.add_dimension("endpoint", name)
    told.add_metric(REQUESTS, MetricUnit.Count, 1)
    told.add_metric(ERRORS, MetricUnit.Count, int(failed))
    told.add_metric(LATENCY, MetricUnit.Milliseconds, milliseconds)
    told.flush_metrics()
