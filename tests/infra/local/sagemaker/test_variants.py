"""Variants of an endpoint: shares of the calls, counts of instances, and a shadow that nobody hears."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.test_captures import capture, captured
from tests.infra.local.sagemaker.updating import failed, load

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


@pytest.fixture(scope="module")
def split(sage: Sage) -> str:
    """An endpoint whose calls go to `a`, three in four, and to `b`."""
    a, b = sage.bare_model("s-a", "a"), sage.bare_model("s-b", "b")
    config = sage.config("split", [sage.variant(a, "a", weight=3), sage.variant(b, "b", weight=1)])
    return sage.serve("split", config)


def change(sage: Sage, endpoint: str, *wanted: dict[str, Any]) -> dict[str, Any]:
    sage.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=endpoint, DesiredWeightsAndCapacities=list(wanted)
    )
    return sage.endpoint_settled(endpoint)


def test_calls_are_shared_by_weight_and_a_target_variant_is_obeyed(sage: Sage, split: str) -> None:
    said = Counter(sage.ask(split)["InvokedProductionVariant"] for _ in range(200))
    assert 110 < said["a"] < 190
    for name in ("a", "b"):
        assert sage.ask(split, TargetVariant=name)["Body"] == name.encode()
    with pytest.raises(ClientError, match="Variant c does not exist on endpoint split"):
        sage.ask(split, TargetVariant="c")


def test_weights_and_counts_change_in_service_without_a_failed_call(sage: Sage, split: str) -> None:
    heard = sage.listen("split", "SageMaker Endpoint State Change", "EndpointName", split)
    with load(sage, split) as said:
        settled = change(
            sage,
            split,
            {"VariantName": "a", "DesiredWeight": 0, "DesiredInstanceCount": 2},
            {"VariantName": "b", "DesiredWeight": 1},
        )
        shown = {each["VariantName"]: each for each in settled["ProductionVariants"]}
        assert (shown["a"]["CurrentInstanceCount"], shown["a"]["CurrentWeight"]) == (2, 0)
        change(sage, split, {"VariantName": "a", "DesiredInstanceCount": 1})
    assert not failed(said)
    assert {sage.ask(split)["Body"] for _ in range(20)} == {b"b"}
    assert [heard()["detail"]["EndpointStatus"] for _ in range(2)] == ["UPDATING", "IN_SERVICE"]
    change(sage, split, {"VariantName": "a", "DesiredWeight": 3})


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (
            [{"VariantName": "c", "DesiredWeight": 1}],
            "Variant c does not exist on this endpoint; it has a, b",
        ),
        ([{"VariantName": "a", "DesiredInstanceCount": 0}], "must be at least 1"),
        (
            [{"VariantName": "a", "DesiredWeight": 0}, {"VariantName": "b", "DesiredWeight": 0}],
            "at least one must be greater",
        ),
        ([{"VariantName": "a", "ServerlessUpdateConfig": {"MaxConcurrency": 1}}], "is not serverless"),
    ],
)
def test_what_a_variant_cannot_be_is_refused(
    sage: Sage, split: str, wanted: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(ClientError, match=said):
        change(sage, split, *wanted)


def test_two_slow_calls_on_two_instances_overlap(sage: Sage) -> None:
    name = sage.serve("overlapping", sage.model("overlapping", "slow", count=2))
    pids, began = [], time.monotonic()

    def call() -> None:
        pids.append(sage.ask(name, b"sleep2")["Body"])

    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(set(pids)) == 2
    assert time.monotonic() - began < 3.5, "one waited for the other"


def shadowed(sage: Sage, name: str, weight: float, answer: str = "shadow", **more: Any) -> str:
    production = sage.variant(sage.bare_model(f"{name}-p", "production"))
    shadow = sage.variant(sage.bare_model(f"{name}-s", answer), "shadow", weight=weight)
    config = sage.config(name, [production], ShadowProductionVariants=[shadow], **more)
    return sage.serve(name, config)


def calls_of(sage: Sage, endpoint: str, variant: str) -> float:
    """How many calls the metrics of a variant count."""
    now = datetime.now(UTC)
    found = sage.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[
            {"Name": "EndpointName", "Value": endpoint},
            {"Name": "VariantName", "Value": variant},
        ],
        StartTime=now - timedelta(minutes=10),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )["Datapoints"]
    return sum(point["Sum"] for point in found)


def test_a_shadow_hears_every_call_and_only_production_is_heard(sage: Sage) -> None:
    name = shadowed(sage, "shadowed", 1, DataCaptureConfig=capture(["Output"]))
    assert {sage.ask(name)["Body"] for _ in range(10)} == {b"production"}
    eventually(lambda: calls_of(sage, name, "shadow") == 10)
    assert calls_of(sage, name, "all") == 10
    eventually(lambda: len(captured(sage, name)) == 20)
    assert {key.split("/")[2] for key, _ in captured(sage, name)} == {"all", "shadow"}
    shown = sage.client("sagemaker").describe_endpoint(EndpointName=name)
    assert shown["ShadowProductionVariants"][0]["CurrentInstanceCount"] == 1
    with pytest.raises(ClientError, match="Variant shadow does not exist"):
        sage.ask(name, TargetVariant="shadow")


def test_a_shadow_of_weight_nothing_hears_nothing_and_its_errors_reach_nobody(sage: Sage) -> None:
    silent = shadowed(sage, "silent", 0)
    assert sage.ask(silent)["Body"] == b"production"
    with pytest.raises(ClientError) as refused:
        sage.ask(silent, b"server")
    assert refused.value.response["OriginalMessage"] == "broken"
    assert calls_of(sage, silent, "shadow") == 0


def test_a_shadow_beside_two_variants_is_refused(sage: Sage) -> None:
    variants = [sage.variant("s-a", "a"), sage.variant("s-b", "b")]
    with pytest.raises(ClientError, match="one production variant and one shadow variant"):
        sage.config("two-shadowed", variants, ShadowProductionVariants=[sage.variant("s-a", "shadow")])


def test_a_configuration_may_isolate_models_that_are_not(sage: Sage) -> None:
    variant = sage.variant(sage.bare_model("open", "open"))
    alone = sage.serve("isolated", sage.config("isolated", [variant], EnableNetworkIsolation=True))
    assert sage.ask(alone, b"key")["Body"] == b"none"
    reaching = sage.serve("reaching", sage.config("reaching", [variant]))
    assert sage.ask(reaching, b"key")["Body"] != b"none"


def test_variants_with_nothing_to_do_here_are_named(sage: Sage) -> None:
    scaled = {**sage.variant("s-a"), "ManagedInstanceScaling": {"Status": "ENABLED"}}
    with pytest.raises(
        ClientError, match="ManagedInstanceScaling of variant all is not implemented"
    ) as refused:
        sage.config("scaled", [scaled])
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
