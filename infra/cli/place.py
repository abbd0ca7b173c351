"""Where a command works: one environment, deployed on this machine's local cloud or in an AWS account."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.local import cloud as local
from tidegate.errors import NotFound
from tidegate.settings import Setting, Settings

ROOT = Path(__file__).resolve().parents[2]
STATE = ROOT / ".tidegate"
LAPTOP = "laptop"


@dataclass(frozen=True)
class Place:
    """One environment, and the door to the cloud that holds it."""

    environment: str
    cloud: local.LocalCloud | None  # None: AWS, with the credentials of the shell

    @property
    def address(self) -> str:
        """What a person calls it."""
        return self.cloud.endpoint if self.cloud else "AWS"

    @cached_property
    def _session(self) -> Any:
        if self.cloud:
            return self.cloud.session
        import boto3

        return boto3.Session()

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """A boto3 client of `service`, made once."""
        if service not in self._clients:
            self._clients[service] = self._session.client(service)
        return self._clients[service]

    @cached_property
    def region(self) -> str:
        """Where it runs."""
        return str(self._session.region_name)

    @cached_property
    def credentials(self) -> Any:
        """What signs the requests that boto3 does not make."""
        return self._session.get_credentials()

    @cached_property
    def settings(self) -> Settings:
        """Every setting that the stacks made known, read from SSM.

        Raises:
            NotFound: nothing is deployed.
        """
        path = f"/tidegate/{self.environment}/"
        pages = self.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=path)
        said = {one["Name"].removeprefix(path): one["Value"] for page in pages for one in page["Parameters"]}
        if not said:
            raise NotFound(f"{self.address}{path}", "nothing is deployed", f"Deploy it: {self.how}")
        return Settings(
            {setting.value: said[setting.parameter] for setting in Setting if setting.parameter in said}
        )

    @property
    def how(self) -> str:
        """How it is deployed."""
        return (
            "tidegate up"
            if self.environment == LAPTOP
            else f"tidegate deploy --environment {self.environment}"
        )


def find(environment: str) -> Place:
    """The place of `environment`.

    Raises:
        NotFound: it is the laptop's, and no local cloud runs.
    """
    if environment != LAPTOP:
        return Place(environment, local.attach())
    cloud = local.attach() or local.find(STATE / "cloud")
    if cloud is None:
        raise NotFound("local cloud", "it does not run", "Start it: tidegate up")
    return Place(environment, cloud)
