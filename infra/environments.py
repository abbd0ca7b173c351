"""The environments: how they differ fits on one screen."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What differs from one environment to another, and nothing else."""

    name: str
    files_at_once: int  # how many validations and transforms run side by side
    attempts: int  # how often a message is tried before it becomes a dead letter
    reconciles: str  # when lost events are looked for
    retires: str  # when endpoints that nobody asks are looked for
    scan_limit_gb: int  # what one Athena query may read
    requests_per_second: int  # what the HTTP API lets through
    slow_ms: int  # an answer of a model that takes longer is slow; too many of them take a roll-out back
    log_days: int
    capture_days: int  # how long captured predictions are kept; labels must arrive by then
    keeps_data: bool  # buckets and tables outlive their stacks
    mlflow: str = "off"  # the ARN of the SageMaker MLflow tracking server that trainings are logged to


LAPTOP = Environment(
    name="laptop",
    files_at_once=2,
    attempts=3,
    reconciles="rate(5 minutes)",
    retires="rate(1 day)",
    scan_limit_gb=10,
    requests_per_second=100,
    slow_ms=5000,  # it shares its cores with everything else
    log_days=7,
    capture_days=90,
    keeps_data=False,
)
DEV = Environment(
    name="dev",
    files_at_once=10,
    attempts=3,
    reconciles="rate(15 minutes)",
    retires="rate(1 day)",
    scan_limit_gb=10,
    requests_per_second=50,
    slow_ms=500,
    log_days=14,
    capture_days=90,
    keeps_data=False,
)
PROD = Environment(
    name="prod",
    files_at_once=100,
    attempts=5,
    reconciles="rate(15 minutes)",
    retires="rate(1 day)",
    scan_limit_gb=1000,
    requests_per_second=500,
    slow_ms=500,
    log_days=365,
    capture_days=400,
    keeps_data=True,
)

ENVIRONMENTS = {environment.name: environment for environment in (LAPTOP, DEV, PROD)}


def environment(name: str) -> Environment:
    """The environment called `name`.

    Raises:
        NotFound: there is none.
    """
    try:
        return ENVIRONMENTS[name]
    except KeyError:
        known = ", ".join(ENVIRONMENTS)
        raise NotFound(
            "infra/environments.py", f"no environment is called {name!r}", f"The environments are: {known}"
        ) from None
