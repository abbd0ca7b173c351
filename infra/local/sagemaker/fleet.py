"""The processes behind one endpoint configuration: its variants, and its shadow."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from infra.local.sagemaker import instance
from infra.local.sagemaker.serverless import ServerlessSeat, ServerlessVariant
from infra.local.sagemaker.variant import Seat, Variant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record

CALL_SECONDS = 60.0  # the longest that AWS lets an invocation take
ASYNC_CALL_SECONDS = 3600.0
ASYNC_CALLS = 4  # of an instance at the same time, where the configuration does not say; AWS tells no figure
OF_ALL_MODELS = ("EnableNetworkIsolation", "ExecutionRoleArn")  # a configuration's own go before a model's
AnyVariant = Variant | ServerlessVariant
AnySeat = Seat | ServerlessSeat


class Fleet:
    """All instances of an endpoint configuration."""

    def __init__(
        self, config: Record, role: str, variants: list[AnyVariant], shadows: list[AnyVariant]
    ) -> None:
        self.config = config
        self.role = role  # what it writes to S3 is written with it
        self.variants = {variant.name: variant for variant in variants}
        self.shadows = {variant.name: variant for variant in shadows}

    @property
    def size(self) -> int:
        """The number of instances that answer."""
        return sum(variant.size for variant in self.variants.values())

    def claim(self, name: str = "") -> AnySeat | None:
        """A place for a call in a variant, which is drawn by weight where none is named.

        Raises:
            ApiError: it may not take another call.
        """
        if not name:
            weights = [variant.weight for variant in self.variants.values()]
            names = list(self.variants)
            name = names[0] if len(names) == 1 else random.choices(names, weights)[0]  # noqa: S311
        variant = self.variants.get(name)
        return variant.claim() if variant else None

    def claim_shadow(self) -> AnySeat | None:
        """A place for the copy of a call, for the share of them that the shadow's weight says."""
        production = next(iter(self.variants.values()))
        for shadow in self.shadows.values():
            if random.random() * production.weight < shadow.weight:  # noqa: S311
                return shadow.claim()
        return None

    def adapt(self, config: Record) -> None:
        """Take over weights and capacities of a configuration with the same variants.

        Raises:
            UnhealthyError: a new instance does not start.
        """
        for member, variants in (
            ("ProductionVariants", self.variants),
            ("ShadowProductionVariants", self.shadows),
        ):
            for record in config.get(member, []):
                variants[record["VariantName"]].adapt(record)
        self.config = config

    def heal(self, wanted: Callable[[], bool]) -> None:
        """Start again what has ended, while the fleet is `wanted`.

        Raises:
            UnhealthyError: something does not come into service.
        """
        for variant in self._every():
            variant.heal(wanted)

    def stop(self) -> None:
        """Let the calls in flight end, then the processes."""
        for variant in self._every():
            variant.stop()

    def kill(self) -> None:
        """End the processes at once."""
        for variant in self._every():
            variant.kill()

    def _every(self) -> Iterable[AnyVariant]:
        return [*self.variants.values(), *self.shadows.values()]


def launch(
    parts: Parts, endpoint: str, config: Record, models: Mapping[str, Record], counts: Mapping[str, int]
) -> Fleet:
    """Start the containers of an endpoint configuration, `counts` of its variants where these say otherwise.

    Raises:
        UnhealthyError: one of them is not healthy; none is left running.
    """
    most, drain = math.inf, CALL_SECONDS
    if "AsyncInferenceConfig" in config:
        client = config["AsyncInferenceConfig"].get("ClientConfig", {})
        most, drain = client.get("MaxConcurrentInvocationsPerInstance", ASYNC_CALLS), ASYNC_CALL_SECONDS

    of_all = {member: config[member] for member in OF_ALL_MODELS if config.get(member)}

    def make(record: Record) -> AnyVariant:
        def start() -> instance.Instance:
            return instance.start(parts, endpoint, record, {**models[record["ModelName"]], **of_all})

        if "ServerlessConfig" in record:
            return ServerlessVariant(record, start, parts.config.time_scale)
        return Variant(record, start, most, drain)

    records = config["ProductionVariants"]
    role = config.get("ExecutionRoleArn") or models[records[0]["ModelName"]].get("ExecutionRoleArn", "")
    shadows = config.get("ShadowProductionVariants", [])
    fleet = Fleet(config, role, [make(each) for each in records], [make(each) for each in shadows])
    try:
        for variant in [*fleet.variants.values(), *fleet.shadows.values()]:
            variant.resize(counts.get(variant.name, variant.record.get("InitialInstanceCount", 1)))
    except BaseException:
        fleet.stop()
        raise
    return fleet
