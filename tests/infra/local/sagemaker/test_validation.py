"""Requests against botocore's model of SageMaker."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.sagemaker.faults import ApiError
from infra.local.sagemaker.validation import check

PACKAGE = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/g/1"


@pytest.mark.parametrize(
    ("operation", "request_body", "said"),
    [
        ("DescribeEndpoint", {}, "Missing required parameter"),
        ("DescribeEndpoint", {"EndpointName": 7}, "Invalid type"),
        ("DescribeEndpoint", {"EndpointName": "e", "Extra": 1}, "Unknown parameter"),
        ("DescribeEndpoint", {"EndpointName": "e" * 64}, "less than or equal to 63"),
        ("DescribeEndpoint", {"EndpointName": "a b"}, "regular expression pattern"),
        ("UpdateModelPackage", {"ModelPackageArn": PACKAGE, "ModelApprovalStatus": "No"}, "enum value set"),
        ("ListModels", {"MaxResults": 1000}, "less than or equal to 100"),
        ("DoWhatIWant", {}, "DoWhatIWant is not implemented"),
    ],
)  # fmt: skip
def test_a_request_that_breaks_the_model_is_refused_with_the_reason(
    operation: str, request_body: dict[str, Any], said: str
) -> None:
    with pytest.raises(ApiError, match=said):
        check(operation, request_body)


def test_a_good_request_passes() -> None:
    check(
        "AddTags",
        {
            "ResourceArn": "arn:aws:sagemaker:eu-west-1:000000000000:model/m",
            "Tags": [{"Key": "a b", "Value": "ü"}],
        },
    )
