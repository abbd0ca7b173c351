"""Pipelines of one test, on the cloud that the tests of SageMaker share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.infra.local.sagemaker.pipelines.drive import Flow

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


@pytest.fixture
def flow(sage: Sage) -> Flow:
    """Under a role that may do everything."""
    made = Flow(sage)
    made.role("sagemaker:*", "s3:*", "lambda:*", "sqs:*", "iam:PassRole")
    return made
