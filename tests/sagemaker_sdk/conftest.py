"""The sagemaker SDK 3.27, unmodified, in an environment of its own, against the local SageMaker.

Made at the first run of `./tidegate test -- -m sagemaker_sdk`, from the hash-pinned lock of
`infra/studio`; the environments of AWS's images that a test runs are built as by `tidegate images build`. A
test runs a program of `programs/` with the SDK's Python and reads the JSON that it prints last:

    said = sdk("journey.py")

The programs find the cloud by the variables that AWS's SDKs read, as a user's own would.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.local.images import IMAGES
from infra.local.images.build import build
from infra.studio import environment
from tests.infra.local.sagemaker.conftest import BUCKET, REGION, Sage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"


@pytest.fixture(scope="session")
def sdk_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sage]:
    """A cloud whose SageMaker the SDK meets."""
    made = Sage(tmp_path_factory.mktemp("sdk"))
    made.start()
    made.prepare()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def sdk(sdk_cloud: Sage, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Runs one program of the SDK's against that cloud; what it printed last, as JSON."""
    python = environment.build()
    cloud = {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": sdk_cloud.endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER": sdk_cloud.endpoint,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": sdk_cloud.endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "SAGEMAKER_VALIDATE_ROLE": "false",  # else it asks IAM to simulate policies
        "HOME": str(tmp_path_factory.mktemp("home")),
        "ROLE": sdk_cloud.role,
        "BUCKET": BUCKET,
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTHON"))}

    def run(program: str, *arguments: str) -> Any:
        ended = subprocess.run(
            [python, PROGRAMS / program, *arguments],
            env={**kept, **cloud},
            cwd=PROGRAMS,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ended.returncode == 0, f"{ended.stdout[-4000:]}\n{ended.stderr[-6000:]}\n{sdk_cloud.log}"
        return json.loads(ended.stdout.strip().splitlines()[-1])

    return run


@pytest.fixture(scope="session")
def image() -> Callable[[str], None]:
    """Has an image of AWS's ready to run."""
    known = {each.name: each for each in IMAGES}

    def ready(name: str) -> None:
        if not known[name].built:
            build(known[name], os.environ)

    return ready
