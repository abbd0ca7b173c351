"""SageMaker Pipelines as the backend sees them: a table of operations, and what lives and ends together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.local.sagemaker.pipelines.catalogue import Catalogue
from infra.local.sagemaker.pipelines.executions import Executions

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.local.sagemaker.backend import Parts
    from infra.local.sagemaker.store import Record


class Pipelines:
    """All of it."""

    def __init__(self, parts: Parts) -> None:
        self.catalogue = Catalogue(parts)
        self.executions = Executions(parts, self.catalogue)

    def operations(self) -> dict[str, Callable[[Record], Record]]:
        """The operations by their names."""
        catalogue, executions = self.catalogue, self.executions
        return {
            "CreatePipeline": catalogue.create,
            "UpdatePipeline": catalogue.update,
            "DescribePipeline": catalogue.describe,
            "DeletePipeline": catalogue.delete,
            "ListPipelines": catalogue.list_page,
            "ListPipelineVersions": catalogue.list_versions,
            "UpdatePipelineVersion": catalogue.update_version,
            "StartPipelineExecution": executions.start,
            "StopPipelineExecution": executions.stop,
            "RetryPipelineExecution": executions.retry,
            "UpdatePipelineExecution": executions.update,
            "DescribePipelineExecution": executions.describe,
            "DescribePipelineDefinitionForExecution": executions.definition,
            "ListPipelineExecutions": executions.list_page,
            "ListPipelineExecutionSteps": executions.list_steps,
            "ListPipelineParametersForExecution": executions.list_parameters,
            "SendPipelineExecutionStepSuccess": executions.succeed,
            "SendPipelineExecutionStepFailure": executions.fail,
        }
