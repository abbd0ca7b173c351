"""The local SageMaker as one object: the table of operations, and what must live and end together."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from infra.local.sagemaker import keeper, registry, validation
from infra.local.sagemaker.asynchronous import Asynchronous
from infra.local.sagemaker.autoscaling import AutoScaling
from infra.local.sagemaker.configs import EndpointConfigs
from infra.local.sagemaker.endpoints import Endpoints
from infra.local.sagemaker.faults import not_implemented
from infra.local.sagemaker.mlflow.servers import TrackingServers
from infra.local.sagemaker.models import Models
from infra.local.sagemaker.outbox import Outbox
from infra.local.sagemaker.pipelines import Pipelines
from infra.local.sagemaker.processing import ProcessingJobs
from infra.local.sagemaker.runtime import Response, Runtime
from infra.local.sagemaker.store import Record, Store
from infra.local.sagemaker.tally import Tally
from infra.local.sagemaker.targets import Targets
from infra.local.sagemaker.tracking import Tracking
from infra.local.sagemaker.training import TrainingJobs
from infra.local.sagemaker.transform import TransformJobs
from infra.local.sagemaker.tuning.jobs import TuningJobs

if TYPE_CHECKING:
    from infra.local.sagemaker.cloud import Cloud
    from infra.local.sagemaker.config import Config

_log = logging.getLogger(__name__)
Event = tuple[str, list[str], Mapping[str, Any]]
Invoke = Callable[[str, Mapping[str, str], bytes], Awaitable[Response]]


class Parts:
    """What every noun is built from."""

    def __init__(self, config: Config, cloud: Cloud) -> None:
        self.config = config
        self.cloud = cloud
        self.store = Store()
        self.outbox = Outbox(cloud)
        self.calls = Tally()
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        threading.Thread(target=self._deliver, name="sagemaker-events", daemon=True).start()

    def tag(self, arn: str, tags: list[dict[str, str]]) -> None:
        """Remember a resource's tags, none included."""
        with self.store.lock:
            self.store.tags[arn] = {tag["Key"]: tag["Value"] for tag in tags}

    def emit(self, detail_type: str, about: str | list[str], detail: Mapping[str, Any]) -> None:
        """Send an event about one resource or several, after those before it and without waiting."""
        shown = {name: value for name, value in detail.items() if not name.startswith("_")}
        self._events.put((detail_type, [about] if isinstance(about, str) else about, shown))

    def _deliver(self) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        while True:
            detail_type, arns, detail = self._events.get()
            try:
                self.cloud.emit(detail_type, arns, detail)
            except (BotoCoreError, ClientError) as error:
                _log.warning("event %s of %s was not delivered: %s", detail_type, arns, error)


class Backend:
    """Answers SageMaker's operations and owns the processes behind them."""

    def __init__(self, config: Config, cloud: Cloud) -> None:
        self.parts = Parts(config, cloud)
        self.training = TrainingJobs(self.parts)
        self.processing = ProcessingJobs(self.parts)
        self.models = Models(self.parts)
        self.transform = TransformJobs(self.parts, self.models)
        self.tuning = TuningJobs(self.parts, self.training)
        self.jobs = (self.tuning, self.training, self.processing, self.transform)
        self.configs = EndpointConfigs(self.parts, self.models)
        self.endpoints = Endpoints(self.parts, self.configs, self.models)
        self.groups = registry.Groups(self.parts)
        self.packages = registry.Packages(self.parts, self.groups)
        self.pipelines = Pipelines(self.parts)
        self.tracking = Tracking(self.parts)
        self.mlflow = TrackingServers(self.parts)
        self.runtime = Runtime(self.parts, self.endpoints)
        self.invocations: dict[str, Invoke] = {
            "InvokeEndpoint": self.runtime.invoke,
            "InvokeEndpointWithResponseStream": self.runtime.stream,
            "InvokeEndpointAsync": Asynchronous(self.parts, self.endpoints).invoke,
        }
        self.scaling = AutoScaling(self.parts, self.endpoints)
        Targets(self.parts, self.endpoints)
        self.operations = self._table()
        keeper.keep(self.endpoints.traffic.values)

    def call(self, operation: str, request: Record) -> Record:
        """Answer one operation of the control plane; it may take as long as a call to S3 does.

        Raises:
            ApiError: AWS would refuse it, or it is not done here.
        """
        answer = self.operations.get(operation)
        if answer is None:
            raise not_implemented(operation or "A request without X-Amz-Target")
        validation.check(operation, request)
        said = answer(dict(request))
        with self.parts.store.lock:
            return {name: value for name, value in said.items() if not name.startswith("_")}

    def dump(self) -> Record:
        """The state to keep over a restart."""
        return self.parts.store.dump()

    def load(self, dumped: Record) -> None:
        """Go on from a kept state: endpoints start again, jobs that ran have failed."""
        self.kill()
        self.parts.store.load(dumped)
        for jobs in self.jobs:
            jobs.interrupt()
        self.endpoints.bring_back()
        self.pipelines.executions.resume()
        self.mlflow.bring_back()

    def reset(self) -> None:
        """Forget everything and end every process."""
        self.kill()
        self.parts.store.clear()

    def kill(self) -> None:
        """End every process at once."""
        self.pipelines.executions.close()
        self.mlflow.kill()
        for jobs in self.jobs:
            jobs.kill()
        self.endpoints.kill()

    def _table(self) -> dict[str, Callable[[Record], Record]]:
        table: dict[str, Callable[[Record], Record]] = {
            "AddTags": self._add_tags,
            "ListTags": self._list_tags,
            "DeleteTags": self._delete_tags,
            "DeleteTrainingJob": self.training.delete,
            "DeleteProcessingJob": self.processing.delete,
            "DeleteHyperParameterTuningJob": self.tuning.delete,
            "ListTrainingJobsForHyperParameterTuningJob": self.tuning.list_trials,
            "UpdateEndpoint": self.endpoints.update,
            "UpdateEndpointWeightsAndCapacities": self.endpoints.update_weights,
            "UpdateModelPackage": self.packages.update,
        }
        table |= self.pipelines.operations() | self.tracking.operations() | self.mlflow.operations()
        for jobs in self.jobs:
            table |= {
                f"Create{jobs.word}": jobs.start,
                f"Describe{jobs.word}": jobs.describe,
                f"Stop{jobs.word}": jobs.stop,
                f"List{jobs.word}s": jobs.list_page,
            }
        for word, noun in (
            ("Model", self.models),
            ("EndpointConfig", self.configs),
            ("Endpoint", self.endpoints),
            ("ModelPackageGroup", self.groups),
            ("ModelPackage", self.packages),
        ):
            table |= {
                f"Create{word}": noun.create,
                f"Describe{word}": noun.describe,
                f"Delete{word}": noun.delete,
                f"List{word}s": noun.list_page,
            }
        return table

    def _add_tags(self, request: Record) -> Record:
        tags = registry.tagged(self.parts, request["ResourceArn"])
        with self.parts.store.lock:
            tags.update({tag["Key"]: tag["Value"] for tag in request["Tags"]})
        return self._list_tags(request)

    def _delete_tags(self, request: Record) -> Record:
        tags = registry.tagged(self.parts, request["ResourceArn"])
        with self.parts.store.lock:
            for key in request["TagKeys"]:
                tags.pop(key, None)
        return {}

    def _list_tags(self, request: Record) -> Record:
        tags = registry.tagged(self.parts, request["ResourceArn"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}
