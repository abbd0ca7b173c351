"""Application Auto Scaling of the instance counts of variants; `targets` acts on what stands here.

https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html: target tracking on the calls of
an instance. No CloudWatch alarms are made for a policy: the calls are counted where they are answered.
"""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING

from infra.local.sagemaker import validation
from infra.local.sagemaker.faults import ApiError, invalid, not_implemented

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.endpoints import Endpoints
    from infra.local.sagemaker.store import Record

SERVICE = "application-autoscaling"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
METRIC = "SageMakerVariantInvocationsPerInstance"
TARGETS, POLICIES, ACTIVITIES = "scalable-target", "scaling-policy", "scaling-activity"
RESOURCE = re.compile(r"endpoint/([^/]+)/variant/([^/]+)")
NAMED = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class AutoScaling:
    """The operations of Application Auto Scaling."""

    def __init__(self, parts: Parts, endpoints: Endpoints) -> None:
        self.parts = parts
        self._endpoints = endpoints
        self.operations: dict[str, Callable[[Record], Record]] = {
            "RegisterScalableTarget": self.register,
            "DeregisterScalableTarget": self.deregister,
            "DescribeScalableTargets": self._list(TARGETS, "ScalableTargets", "ResourceIds", "ResourceId"),
            "PutScalingPolicy": self.put_policy,
            "DeleteScalingPolicy": self.delete_policy,
            "DescribeScalingPolicies": self._list(POLICIES, "ScalingPolicies", "PolicyNames", "PolicyName"),
            "DescribeScalingActivities": self._list(ACTIVITIES, "ScalingActivities", "", ""),
        }

    def call(self, operation: str, request: Record) -> Record:
        """Answer one operation.

        Raises:
            ApiError: AWS would refuse it, or it is not done here.
        """
        answer = self.operations.get(operation)
        if answer is None:
            raise not_implemented(f"{operation} of Application Auto Scaling")
        validation.check(operation, request, SERVICE)
        if request["ServiceNamespace"] != "sagemaker":
            raise not_implemented(f"Scaling of {request['ServiceNamespace']}")
        if request.get("ScalableDimension", DIMENSION) != DIMENSION:
            raise not_implemented(f"Scaling of {request['ScalableDimension']}")
        with self.parts.store.lock:
            return answer(request)

    def register(self, request: Record) -> Record:
        """RegisterScalableTarget."""
        resource = request["ResourceId"]
        known = self.parts.store.find(TARGETS, resource)
        made = {"CreationTime": time.time(), "SuspendedState": {}, **(known or {}), **request}
        if "MinCapacity" not in made or "MaxCapacity" not in made:
            raise invalid("A new scalable target needs MinCapacity and MaxCapacity")
        if made["MinCapacity"] > made["MaxCapacity"]:
            raise invalid("Maximum capacity cannot be less than minimum capacity")
        least = 0 if "AsyncInferenceConfig" in self._endpoints.serving(self._variant(resource)) else 1
        if made["MinCapacity"] < least:
            raise invalid(f"MinCapacity of {resource} must be at least {least}")
        account = self.parts.config.account
        role = f"arn:aws:iam::{account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com"
        made["RoleARN"] = f"{role}/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
        made.setdefault("ScalableTargetARN", self._arn(f"scalable-target/{uuid.uuid4().hex[:20]}"))
        made.pop("Tags", None)
        self.parts.store.put(TARGETS, resource, made)
        return {"ScalableTargetARN": made["ScalableTargetARN"]}

    def deregister(self, request: Record) -> Record:
        """DeregisterScalableTarget: its policies go with it."""
        resource = self._target(request)["ResourceId"]
        for policy in self.parts.store.every(POLICIES):
            if policy["ResourceId"] == resource:
                self.parts.store.remove(POLICIES, _key(policy))
        self.parts.store.remove(TARGETS, resource)
        return {}

    def put_policy(self, request: Record) -> Record:
        """PutScalingPolicy, for target tracking on the calls of an instance."""
        self._target(request)
        known = self.parts.store.find(POLICIES, _key(request)) or {}
        made = {**known, **request}
        if made.get("PolicyType", "StepScaling") != "TargetTrackingScaling":
            raise not_implemented(f"PolicyType {made.get('PolicyType', 'StepScaling')}")
        tracking = made.get("TargetTrackingScalingPolicyConfiguration", {})
        metric = tracking.get("PredefinedMetricSpecification", {}).get("PredefinedMetricType")
        if metric != METRIC:
            raise not_implemented(f"Target tracking on {metric or 'another metric'}")
        if tracking["TargetValue"] <= 0:
            raise invalid("TargetValue must be greater than 0")
        made.setdefault("CreationTime", time.time())
        path = f"scalingPolicy:{uuid.uuid4()}:resource/sagemaker/{made['ResourceId']}"
        made.setdefault("PolicyARN", self._arn(f"{path}:policyName/{made['PolicyName']}"))
        self.parts.store.put(POLICIES, _key(made), made)
        return {"PolicyARN": made["PolicyARN"], "Alarms": []}

    def delete_policy(self, request: Record) -> Record:
        """DeleteScalingPolicy."""
        if self.parts.store.find(POLICIES, _key(request)) is None:
            raise _missing(f"No scaling policy found with name {request['PolicyName']}", request)
        self.parts.store.remove(POLICIES, _key(request))
        return {}

    def _list(self, noun: str, member: str, asked: str, name: str) -> Callable[[Record], Record]:
        def answer(request: Record) -> Record:
            found = [
                {key: value for key, value in record.items() if not key.startswith("_")}
                for record in reversed(self.parts.store.every(noun))
                if request.get("ResourceId", record["ResourceId"]) == record["ResourceId"]
                and (not request.get(asked) or record[name] in request[asked])
            ]
            start = int(request.get("NextToken") or 0)
            stop = start + int(request.get("MaxResults") or 50)
            more = {"NextToken": str(stop)} if stop < len(found) else {}
            return {member: found[start:stop], **more}

        return answer

    def _target(self, request: Record) -> Record:
        found = self.parts.store.find(TARGETS, request["ResourceId"])
        if found is None:
            raise _missing("No scalable target registered", request)
        return found

    def _variant(self, resource: str) -> str:
        """The endpoint of a resource that is a variant on instances."""
        named = RESOURCE.fullmatch(resource)
        if named is None:
            raise invalid(f"ResourceId {resource} is not endpoint/<name>/variant/<name>")
        for variant in self._endpoints.serving(named[1])["ProductionVariants"]:
            if variant["VariantName"] == named[2] and "ServerlessConfig" not in variant:
                return named[1]
        raise invalid(f"{resource} does not exist, or is serverless")

    def _arn(self, rest: str) -> str:
        return f"arn:aws:{SERVICE}:{self.parts.config.region}:{self.parts.config.account}:{rest}"


def _key(policy: Record) -> str:
    return f"{policy['ResourceId']}:{policy['PolicyName']}"


def _missing(what: str, request: Record) -> ApiError:
    names = (f"{name}: {request[name]}" for name in NAMED)
    return ApiError("ObjectNotFoundException", f"{what} for {', '.join(names)}")
