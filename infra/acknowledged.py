"""Findings of cdk-nag that stay, each with its reason; `tests/infra/test_nag.py` fails on any other."""

from __future__ import annotations

ACKNOWLEDGED = {
    "AwsSolutions-CB4": "The build makes no artifact but the image, which the repository encrypts.",
    "AwsSolutions-IAM5": "Wildcards end a prefix (a dataset's keys, a run, this environment's endpoints), "
    "since the names behind it are made at run time; tests/infra/test_security.py lists the bare ones.",
    "AwsSolutions-L1": "Python 3.13 is taken until every library of the layers has wheels for the next one.",
    "AwsSolutions-SF2": "Executions are logged at level ALL; X-Ray would add permissions without resources.",
    "AwsSolutions-SQS3": "This queue is itself the place of what could not be delivered.",
}
