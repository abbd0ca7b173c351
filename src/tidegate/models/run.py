"""The record of one training: what it reads, with which code, and where its results lie."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self
from uuid import NAMESPACE_URL, uuid5

from tidegate.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Run:
    """One training, as the state machine gets it; `run` is also the name of its execution."""

    run: str
    model: str
    cause: Mapping[str, Any]
    tables: Mapping[str, str]  # dataset -> the snapshot that is read
    contracts: Mapping[str, str]  # dataset -> the hash of its contract
    code: str
    image: str
    instance_type: str
    seed: str
    prefix: str  # s3://<artefact>/runs/<model>/<run>
    champion: str  # the model data of the version in service, or nothing
    training_image: str = ""  # where `fit` runs, if its framework is not in `image`

    @property
    def token(self) -> str:
        """By which the registry knows this run's package again: a step that is repeated registers it once."""
        return str(uuid5(NAMESPACE_URL, self.prefix))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a run back; fields we do not know are left alone.

        Raises:
            Mistake: the text is no record of a run.
        """
        try:
            value = json.loads(text)
            known = {field.name for field in fields(cls)}
            return cls(**{name: told for name, told in value.items() if name in known})
        except (ValueError, AttributeError, TypeError) as error:
            raise Mistake(
                "the run's record",
                f"it cannot be read: {error!r}",
                "Start the job with the training machine's input, as docs/architecture.md has it",
            ) from error

    def to_json(self) -> str:
        """The record as the state machine's input."""
        return json.dumps(asdict(self), separators=(",", ":"), sort_keys=True)


def run_name(model: str, tables: Mapping[str, str], contracts: Mapping[str, str], code: str) -> str:
    """The name of a training: the same model, data, contracts and code have the same name."""
    told = json.dumps([model, tables, contracts, code], separators=(",", ":"), sort_keys=True)
    return f"{hyphens(model)}-{sha256(told.encode()).hexdigest()[:12]}"


def hyphens(model: str) -> str:
    """A model's name as resource names have it."""
    return model.replace("_", "-")


def resource_name(environment: str, model: str) -> str:
    """The name of a model's endpoint, and of its group in the registry."""
    return f"tidegate-{environment}-{hyphens(model)}"


def version_name(environment: str, model: str, version: int) -> str:
    """The name of one version's SageMaker model, and of its own endpoint if it has one."""
    return f"{resource_name(environment, model)}-v{version}"
