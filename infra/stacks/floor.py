"""What every stack stands on: the plan, workers made from the flow, settings told to SSM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import AssetHashType, Aws, DefaultStackSynthesizer, Stack, Tags, aws_lambda, aws_ssm

from infra.flow import FLOW
from infra.layers import content_of, hash_of
from infra.parts.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from constructs import Construct

    from infra.environments import Environment
    from tidegate.plan import Plan
    from tidegate.settings import Setting


@dataclass(frozen=True, kw_only=True)
class Kit:
    """What a synthesis makes before it makes stacks."""

    environment: Environment
    plan: Plan
    code: Path  # what every function gets
    image: Path  # what the models' image is built from


class Floor(Stack):
    """A stack of Tidegate, called `tidegate-<environment>-<noun>`."""

    def __init__(self, scope: Construct, *, noun: str, description: str, kit: Kit) -> None:
        name = f"tidegate-{kit.environment.name}-{noun}"
        super().__init__(
            scope,
            name,
            stack_name=name,
            description=description,
            synthesizer=DefaultStackSynthesizer(),
            termination_protection=kit.environment.keeps_data,
        )
        self.kit = kit
        self.environment_ = kit.environment
        self._layers: dict[str, aws_lambda.ILayerVersion] = {}
        Tags.of(self).add("tidegate", kit.environment.name)

    def called(self, noun: str) -> str:
        """The physical name of a resource of this environment."""
        return f"tidegate-{self.environment_.name}-{noun}"

    def arn(
        self, service: str, resource: str, *, account: str = Aws.ACCOUNT_ID, region: str = Aws.REGION
    ) -> str:
        """The ARN of a resource in this account and region."""
        return f"arn:{Aws.PARTITION}:{service}:{region}:{account}:{resource}"

    def worker(self, verb: str, settings: Mapping[Setting, str]) -> Worker:
        """The function of this row of the flow."""
        row = FLOW[verb]
        names = row.layers_for(self.kit.plan)
        for name in names:
            self._layers[name] = self._layers.get(name) or self._layer(name)
        code = aws_lambda.Code.from_asset(str(self.kit.code))
        return Worker(
            self,
            verb=verb,
            row=row,
            environment=self.environment_,
            code=code,
            layers=[self._layers[name] for name in names],
            settings=settings,
        )

    def tells(self, settings: Mapping[Setting, str]) -> None:
        """Write settings to SSM, where the command finds a deployed environment."""
        for setting, value in settings.items():
            aws_ssm.StringParameter(
                self,
                f"Setting{setting.name.title().replace('_', '')}",
                parameter_name=f"/tidegate/{self.environment_.name}/{setting.parameter}",
                string_value=value,
            )

    def _layer(self, name: str) -> aws_lambda.LayerVersion:
        return aws_lambda.LayerVersion(
            self,
            f"{name.title()}Layer",
            layer_version_name=self.called(name),
            code=aws_lambda.Code.from_asset(
                str(content_of(name)), asset_hash=hash_of(name), asset_hash_type=AssetHashType.CUSTOM
            ),
            compatible_runtimes=[aws_lambda.Runtime.PYTHON_3_13],
            compatible_architectures=[aws_lambda.Architecture.ARM_64],
        )
