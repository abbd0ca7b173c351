"""Application Auto Scaling: instances come with the calls and go with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from infra.local.sagemaker.targets import desired
from tests.clouds import eventually
from tests.infra.local.sagemaker.updating import failed, load

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage

DIMENSION = "sagemaker:variant:DesiredInstanceCount"
TRACKING = {
    "TargetValue": 10.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleOutCooldown": 60,
    "ScaleInCooldown": 60,
}


@pytest.mark.parametrize(
    ("history", "current", "more", "wanted"),
    [
        ([25.0] * 3, 2, {}, 5),
        ([25.0] * 2, 2, {}, 2),
        ([25.0, 9.0, 25.0], 2, {}, 2),
        ([10.1] * 3, 2, {}, 3),
        ([0.0] * 15, 4, {}, 0),
        ([5.0] * 15, 4, {}, 2),
        ([0.0] * 14, 4, {}, 4),
        ([9.5] * 15, 4, {}, 4),
        ([0.0] * 15, 4, {"DisableScaleIn": True}, 4),
    ],
)
def test_a_metric_off_its_target_for_long_enough_asks_for_another_number(
    history: list[float], current: int, more: dict[str, Any], wanted: int
) -> None:
    assert desired(history, current, {**TRACKING, **more}) == wanted


def named(endpoint: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{endpoint}/variant/all",
        "ScalableDimension": DIMENSION,
    }


def test_instances_come_with_the_calls_and_go_without_them(sage: Sage) -> None:
    name = sage.serve("scaled", sage.model("scaled", "scaled"))
    scaling = sage.client("application-autoscaling")
    heard = sage.listen("scaled", "SageMaker Endpoint State Change", "EndpointName", name)
    scaling.register_scalable_target(**named(name), MinCapacity=1, MaxCapacity=2)
    scaling.put_scaling_policy(
        **named(name),
        PolicyName="calls",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=TRACKING,
    )

    def count() -> int:
        shown = sage.client("sagemaker").describe_endpoint(EndpointName=name)["ProductionVariants"][0]
        return int(shown["CurrentInstanceCount"])

    with load(sage, name) as said:
        eventually(lambda: count() == 2)
    assert not failed(said)
    assert [heard()["detail"]["EndpointStatus"] for _ in range(2)] == ["UPDATING", "IN_SERVICE"]
    eventually(lambda: count() == 1)

    def activities() -> list[dict[str, Any]]:
        every = scaling.describe_scaling_activities(
            ServiceNamespace="sagemaker", ResourceId=f"{named(name)['ResourceId']}"
        )
        found: list[dict[str, Any]] = every["ScalingActivities"]
        return found if all(each["StatusCode"] == "Successful" for each in found) else []

    done = eventually(activities)
    assert [each["Description"] for each in done] == [
        "Setting desired instance count to 1.",
        "Setting desired instance count to 2.",
    ]
    assert "policy calls" in done[1]["Cause"]
    scaling.deregister_scalable_target(**named(name))
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []


def test_a_count_outside_of_its_range_is_brought_into_it(sage: Sage) -> None:
    name = sage.serve("ranged", sage.model("ranged", "ranged"))
    scaling = sage.client("application-autoscaling")
    scaling.register_scalable_target(**named(name), MinCapacity=2, MaxCapacity=3)
    (shown,) = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (shown["MinCapacity"], shown["MaxCapacity"]) == (2, 3)

    def grown() -> bool:
        found = sage.client("sagemaker").describe_endpoint(EndpointName=name)["ProductionVariants"][0]
        return bool(found["CurrentInstanceCount"] == 2)

    eventually(grown)
    scaling.deregister_scalable_target(**named(name))


def test_what_does_not_exist_or_is_not_done_is_refused(sage: Sage) -> None:
    name = sage.serve("unscaled", sage.model("unscaled", "unscaled"))
    scaling = sage.client("application-autoscaling")
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    tracking = {"TargetTrackingScalingPolicyConfiguration": TRACKING}
    with pytest.raises(scaling.exceptions.ObjectNotFoundException, match="No scalable target registered"):
        scaling.put_scaling_policy(**named(name), **policy, **tracking)
    with pytest.raises(ClientError, match="Endpoint nobody of account"):
        scaling.register_scalable_target(**named("nobody"), MinCapacity=1, MaxCapacity=2)
    with pytest.raises(ClientError, match="must be at least 1"):
        scaling.register_scalable_target(**named(name), MinCapacity=0, MaxCapacity=2)
    scaling.register_scalable_target(**named(name), MinCapacity=1, MaxCapacity=2)
    refusals = [
        lambda: scaling.put_scaling_policy(**named(name), PolicyName="p", PolicyType="StepScaling"),
        lambda: scaling.register_scalable_target(
            **{**named(name), "ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"},
            MinCapacity=1,
            MaxCapacity=2,
        ),
        lambda: scaling.put_scheduled_action(**named(name), ScheduledActionName="a"),
        lambda: scaling.describe_scalable_targets(ServiceNamespace="dynamodb"),
    ]
    for call in refusals:
        with pytest.raises(ClientError, match="is not implemented by the local SageMaker") as refused:
            call()
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    scaling.deregister_scalable_target(**named(name))


def test_who_may_not_scale_is_denied(sage: Sage) -> None:
    iam = sage.client("iam")
    iam.create_user(UserName="looker")
    allowed = {
        "Effect": "Allow",
        "Action": "application-autoscaling:DescribeScalableTargets",
        "Resource": "*",
    }
    iam.put_user_policy(
        UserName="looker", PolicyName="p", PolicyDocument=json.dumps({"Statement": [allowed]})
    )
    key = iam.create_access_key(UserName="looker")["AccessKey"]
    looker = sage.client("application-autoscaling", key["AccessKeyId"], key["SecretAccessKey"])
    assert "ScalableTargets" in looker.describe_scalable_targets(ServiceNamespace="sagemaker")
    with pytest.raises(ClientError) as refused:
        looker.register_scalable_target(**named("scaled"), MinCapacity=1, MaxCapacity=2)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
