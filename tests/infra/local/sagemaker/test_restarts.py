"""Every kind of endpoint comes back as it was, and leaves no process behind a server that was killed."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clouds import eventually
from tests.infra.local.sagemaker.test_plug import processes_of

if TYPE_CHECKING:
    from tests.infra.local.sagemaker.conftest import Sage


def every_kind(sage: Sage) -> None:
    """A serverless endpoint, one with a shadow, and one whose weights and counts were changed."""
    mark = {"TINY_MARK": sage.state.name}
    model = sage.bare_model("kind", "kind", mark)
    config = {"MemorySizeInMB": 1024, "MaxConcurrency": 2, "ProvisionedConcurrency": 1}
    serverless = {"VariantName": "all", "ModelName": model, "ServerlessConfig": config}
    sage.serve("serverless", sage.config("serverless", [serverless]))
    shadow = sage.variant(model, "shadow")
    sage.serve("shadowed", sage.config("shadowed", [sage.variant(model)], ShadowProductionVariants=[shadow]))
    sage.serve("changed", sage.config("changed", [sage.variant(model)]))
    wanted = {"VariantName": "all", "DesiredInstanceCount": 2, "DesiredWeight": 5}
    sage.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName="changed", DesiredWeightsAndCapacities=[wanted]
    )
    sage.endpoint_settled("changed")


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks for processes in /proc")
def test_every_kind_of_endpoint_comes_back_and_leaves_no_process_behind(own_sage: Sage) -> None:
    every_kind(own_sage)
    own_sage.stop()
    eventually(lambda: not processes_of(own_sage.state))
    own_sage.start()
    for name in ("serverless", "shadowed", "changed"):
        assert own_sage.ask(name)["Body"] == b"kind"  # the call waits until it is back
    shown = own_sage.endpoint_settled("changed")["ProductionVariants"][0]
    assert (shown["CurrentInstanceCount"], shown["CurrentWeight"]) == (2, 5)
    assert "ShadowProductionVariants" in own_sage.endpoint_settled("shadowed")
    assert "CurrentServerlessConfig" in own_sage.endpoint_settled("serverless")["ProductionVariants"][0]
    own_sage.stop(signal.SIGKILL)
    eventually(lambda: not processes_of(own_sage.state))
