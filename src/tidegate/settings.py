"""Every setting, declared once: stacks fill them in, functions and jobs read them, the command finds them.

A setting is an environment variable of a function or job (`TIDEGATE_LEDGER_TABLE`) and an SSM parameter of a
deployed environment (`/tidegate/<environment>/ledger_table`). No other file reads
the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.errors import SettingMissing

if TYPE_CHECKING:
    from collections.abc import Mapping


class Setting(StrEnum):
    """The name of one setting; its value is the environment variable."""

    ENVIRONMENT = "TIDEGATE_ENVIRONMENT"  # laptop, dev, prod …
    # the lake
    LANDING_BUCKET = "TIDEGATE_LANDING_BUCKET"
    LAKE_BUCKET = "TIDEGATE_LAKE_BUCKET"
    QUARANTINE_BUCKET = "TIDEGATE_QUARANTINE_BUCKET"
    ARTEFACT_BUCKET = "TIDEGATE_ARTEFACT_BUCKET"
    LEDGER_TABLE = "TIDEGATE_LEDGER_TABLE"
    DATABASE = "TIDEGATE_DATABASE"
    WORKGROUP = "TIDEGATE_WORKGROUP"
    BUS = "TIDEGATE_BUS"
    PERSONAL_KEY = "TIDEGATE_PERSONAL_KEY"  # the KMS key's name; what it holds never leaves KMS
    VAULT_TABLE = "TIDEGATE_VAULT_TABLE"
    # queues
    LANDED_QUEUE_URL = "TIDEGATE_LANDED_QUEUE_URL"
    TRANSFORM_QUEUE_URL = "TIDEGATE_TRANSFORM_QUEUE_URL"
    PUBLISH_QUEUE_URL = "TIDEGATE_PUBLISH_QUEUE_URL"
    # models
    LOOKUP_TABLE = "TIDEGATE_LOOKUP_TABLE"
    SERVING_TABLE = "TIDEGATE_SERVING_TABLE"  # what each model has in service, and had before
    MODEL_IMAGE = "TIDEGATE_MODEL_IMAGE"
    TRAINING_IMAGES = "TIDEGATE_TRAINING_IMAGES"  # JSON: by model, where it has its own
    MODEL_ROLE_ARN = "TIDEGATE_MODEL_ROLE_ARN"
    MLFLOW_SERVER_ARN = "TIDEGATE_MLFLOW_SERVER_ARN"  # or "off": where trainings are logged
    TRAINING_MACHINE_ARN = "TIDEGATE_TRAINING_MACHINE_ARN"
    DEPLOYMENT_MACHINE_ARN = "TIDEGATE_DEPLOYMENT_MACHINE_ARN"
    MODEL_NAME = "TIDEGATE_MODEL_NAME"  # set on the containers of one model
    MODEL_VERSION = "TIDEGATE_MODEL_VERSION"  # set on an endpoint's container
    MODEL_SHA256 = "TIDEGATE_MODEL_SHA256"  # the same; of its ONNX file, as the registry has it
    # the way in
    API_URL = "TIDEGATE_API_URL"

    @property
    def parameter(self) -> str:
        """The last part of the SSM parameter's name."""
        return self.value.removeprefix("TIDEGATE_").lower()


class Settings:
    """Reads settings from an environment, failing by name when one is missing."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def __getitem__(self, setting: Setting) -> str:
        """The value of `setting`.

        Raises:
            SettingMissing: nothing, or an empty text, was set.
        """
        value = self._environ.get(setting.value, "")
        if not value:
            raise SettingMissing(
                setting.value,
                "this setting is not in the environment",
                "Name it in the function's row of infra/flow.py, so that its stack fills it in",
            )
        return value


def from_environment() -> Settings:
    """The settings of this process."""
    return Settings(os.environ)


@dataclass(frozen=True, kw_only=True)
class Container:
    """What SageMaker tells a container of ours."""

    base: Path  # /opt/ml, unless the platform has no such folder to give
    host: str  # every interface of the container, unless it shares the machine's
    port: int  # where an endpoint's container listens


def container() -> Container:
    """What this container was told.

    Threads that wait for each other sleep, unless it was told otherwise: on a machine with other work,
    waiting by spinning makes minutes of a fit that takes a second.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when OpenMP is loaded, with scikit-learn
    return Container(
        base=Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"),
        host=os.environ.get("TIDEGATE_BIND_HOST") or "0.0.0.0",  # noqa: S104 - a container's own interfaces
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT") or "8080"),
    )
