"""Every kind of update under load: who answers moves as it is asked, and no call fails on the way."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import eventually
from tests.infra.local.sagemaker.conftest import BUCKET
from tests.infra.local.sagemaker.updating import alarm, blue_green, failed, load, rolling, update, watched

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


@pytest.fixture(scope="module")
def updated(sage: Sage) -> str:
    """An endpoint of two instances that the tests update in turn."""
    return sage.serve("updated", sage.model("u-zero", "zero", count=2))


@pytest.mark.parametrize(
    ("answer", "deployment"),
    [
        ("at-once", None),
        ("watched", blue_green("ALL_AT_ONCE")),
        ("linear", blue_green("LINEAR")),
        ("rolled", rolling(1)),
    ],
)
def test_no_call_fails_while_one_version_takes_over_from_another(
    sage: Sage, updated: str, answer: str, deployment: dict[str, Any] | None
) -> None:
    settled, said = update(sage, updated, sage.model(f"u-{answer}", answer, count=2), deployment)
    assert settled["EndpointConfigName"] == f"u-{answer}"
    assert "FailureReason" not in settled
    assert "PendingDeploymentSummary" not in settled
    assert not failed(said)
    assert said[answer] > 0
    assert sage.ask(updated)["Body"] == answer.encode()


def test_a_rolling_update_goes_batch_by_batch_and_says_what_is_pending(sage: Sage) -> None:
    name = sage.serve("batches", sage.model("b-old", "old", count=2))
    sagemaker = sage.client("sagemaker")
    heard = sage.listen("batches", "SageMaker Endpoint State Change", "EndpointName", name)
    with load(sage, name) as said:
        sagemaker.update_endpoint(
            EndpointName=name,
            EndpointConfigName=sage.model("b-new", "new", count=2),
            DeploymentConfig=rolling(1, WaitIntervalInSeconds=100),
        )
        eventually(lambda: said["new"])
        shown = sagemaker.describe_endpoint(EndpointName=name)
        assert shown["EndpointStatus"] == "Updating"
        assert shown["PendingDeploymentSummary"]["EndpointConfigName"] == "b-new"
        old = said["old"]
        eventually(lambda: said["old"] > old)  # both answer
        settled = sage.endpoint_settled(name)
    assert not failed(said)
    assert settled["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert [heard()["detail"]["EndpointStatus"] for _ in range(2)] == ["UPDATING", "IN_SERVICE"]


def test_an_alarm_takes_a_rolling_update_back_to_all_the_old_instances(sage: Sage) -> None:
    name = sage.serve("back", sage.model("r-old", "old", count=3))
    alarm(sage, "rolling-probe", "OK")
    sagemaker = sage.client("sagemaker")
    with load(sage, name) as said:
        sagemaker.update_endpoint(
            EndpointName=name,
            EndpointConfigName=sage.model("r-new", "new", count=3),
            DeploymentConfig=rolling(1, ["rolling-probe"], WaitIntervalInSeconds=100),
        )
        instances = lambda: sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]  # noqa: E731
        eventually(lambda: instances()["CurrentInstanceCount"] < 3)  # the first batch is through
        alarm(sage, "rolling-probe", "ALARM")
        settled = sage.endpoint_settled(name)
    assert not failed(said)
    assert said["new"] > 0
    assert settled["EndpointConfigName"] == "r-old"
    assert settled["ProductionVariants"][0]["CurrentInstanceCount"] == 3
    assert "[rolling-probe]. Rolled back to r-old." in settled["FailureReason"]
    assert {sage.ask(name)["Body"] for _ in range(6)} == {b"old"}


def test_a_rollback_that_fails_leaves_both_versions_answering(sage: Sage) -> None:
    name = sage.serve("stuck", sage.model("st-old", "old", count=3))
    alarm(sage, "stuck-probe", "OK")
    sagemaker = sage.client("sagemaker")
    with load(sage, name) as said:
        sagemaker.update_endpoint(
            EndpointName=name,
            EndpointConfigName=sage.model("st-new", "new", count=3),
            DeploymentConfig=rolling(1, ["stuck-probe"], WaitIntervalInSeconds=300),
        )
        instances = lambda: sagemaker.describe_endpoint(EndpointName=name)["ProductionVariants"][0]  # noqa: E731
        eventually(lambda: instances()["CurrentInstanceCount"] < 3)
        sage.client("s3").delete_object(Bucket=BUCKET, Key="models/st-old/model.tar.gz")
        alarm(sage, "stuck-probe", "ALARM")
        status = lambda: sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]  # noqa: E731
        eventually(lambda: status() == "UpdateRollbackFailed")
        reason = sagemaker.describe_endpoint(EndpointName=name)["FailureReason"]
        said.clear()
        eventually(lambda: said["old"] and said["new"])
    assert not failed(said)
    assert "The rollback failed: Failed to download model data" in reason
    with pytest.raises(ClientError, match="Cannot update in-progress endpoint"):
        sagemaker.update_endpoint(EndpointName=name, EndpointConfigName="st-new")
    sagemaker.delete_endpoint(EndpointName=name)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig={"Delay": 1})


def test_a_call_under_way_outlives_the_version_that_answers_it_and_the_endpoint(sage: Sage) -> None:
    name = sage.serve("patient", sage.model("p-old", "old"))
    sage.model("p-new", "new")
    said: list[bytes] = []

    def slow_call() -> threading.Thread:
        caller = threading.Thread(target=lambda: said.append(sage.ask(name, b"sleep4")["Body"]))
        caller.start()
        time.sleep(0.5)  # the call is on its way before what follows
        return caller

    first = slow_call()
    sage.client("sagemaker").update_endpoint(EndpointName=name, EndpointConfigName="p-new")
    eventually(lambda: sage.ask(name)["Body"] == b"new")
    assert not said, "the slow call was answered before the update"
    first.join()
    sage.endpoint_settled(name)
    second = slow_call()
    sage.client("sagemaker").delete_endpoint(EndpointName=name)
    second.join()
    assert len(said) == 2
    assert all(pid.isdigit() for pid in said)


def test_a_batch_that_does_not_start_leaves_the_old_instances(sage: Sage, updated: str) -> None:
    before = sage.endpoint_settled(updated)["EndpointConfigName"]
    settled, said = update(sage, updated, sage.model("u-broken", "broken", count=2), rolling(1))
    assert settled["EndpointConfigName"] == before
    assert "this model cannot be loaded" in settled["FailureReason"]
    assert not failed(said)


def test_an_update_may_retain_counts_weights_capture_and_the_way_of_deployment(sage: Sage) -> None:
    name = sage.serve("retained", sage.model("k-one", "one"))
    sagemaker = sage.client("sagemaker")
    change = [{"VariantName": "all", "DesiredInstanceCount": 2, "DesiredWeight": 3}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName=name, DesiredWeightsAndCapacities=change)
    sage.endpoint_settled(name)
    captured = {
        "InitialSamplingPercentage": 7,
        "DestinationS3Uri": f"s3://{BUCKET}/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    config = sage.config("k-two", [sage.variant(sage.bare_model("k-two", "two"))], DataCaptureConfig=captured)
    excluded = [{"VariantPropertyType": kind} for kind in ("DesiredWeight", "DataCaptureConfig")]
    settled, _ = update(
        sage,
        name,
        config,
        blue_green("ALL_AT_ONCE"),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=excluded,
    )
    (variant,) = settled["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["CurrentWeight"]) == (2, 1)
    assert settled["DataCaptureConfig"]["CurrentSamplingPercentage"] == 7
    way = settled["LastDeploymentConfig"]
    bare = sage.model("k-three", "three")
    settled, _ = update(sage, name, bare, RetainDeploymentConfig=True, RetainAllVariantProperties=True)
    assert settled["ProductionVariants"][0]["CurrentInstanceCount"] == 2
    assert settled["DataCaptureConfig"]["CurrentSamplingPercentage"] == 7
    assert settled["LastDeploymentConfig"] == way
    settled, _ = update(sage, name, "k-one")
    assert settled["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert "DataCaptureConfig" not in settled


def test_a_deployment_that_aws_excludes_is_refused(sage: Sage, updated: str) -> None:
    models = [sage.bare_model("x-a", "a"), sage.bare_model("x-b", "b")]
    two = sage.config("x-two", [sage.variant(model, model) for model in models])
    both = {**blue_green(), **rolling(1)}
    too_many = rolling(2, **watched(None))
    refusals = [
        (two, blue_green(), "has the variants of the old one"),
        ("u-zero", both, "exclude each other"),
        ("u-zero", too_many, "MaximumBatchSize must be 5 to 50 percent"),
    ]
    for config, deployment, said in refusals:
        with pytest.raises(ClientError, match=said):
            sage.client("sagemaker").update_endpoint(
                EndpointName=updated, EndpointConfigName=config, DeploymentConfig=deployment
            )
    assert sage.endpoint_settled(updated)["EndpointStatus"] == "InService"
