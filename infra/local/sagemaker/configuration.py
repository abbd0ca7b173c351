"""The files that tell a training container what it is to do.

https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker import channels
from infra.local.sagemaker.files import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from infra.local.sagemaker.store import Record

GROUP = "homogeneousCluster"


def write(folder: Path, job: Record) -> None:
    """Write hyperparameters, channels and resources into a directory."""
    kind = job.get("ResourceConfig", {}).get("InstanceType", "ml.m5.large")
    group = {"instance_group_name": GROUP, "instance_type": kind, "hosts": ["algo-1"]}
    mode = job["AlgorithmSpecification"]["TrainingInputMode"]
    write_json(folder / "hyperparameters.json", job.get("HyperParameters", {}))
    write_json(
        folder / "inputdataconfig.json",
        {
            channel["ChannelName"]: {
                "TrainingInputMode": channels.input_mode(channel, mode),
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
                **({"ContentType": channel["ContentType"]} if "ContentType" in channel else {}),
            }
            for channel in job.get("InputDataConfig", [])
        },
    )
    write_json(
        folder / "resourceconfig.json",
        {
            "current_host": "algo-1",
            "current_instance_type": kind,
            "current_group_name": GROUP,
            "hosts": ["algo-1"],
            "instance_groups": [group],
            "network_interface_name": "lo",
        },
    )
