"""Log lines and metrics on their way to CloudWatch: gathered, and sent by a thread of their own."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.local.sagemaker.cloud import Cloud

_log = logging.getLogger(__name__)
EVERY_SECONDS = 0.25
MOST_LINES = 5_000  # of one PutLogEvents; AWS takes 10,000 and one MiB
MOST_VALUES = 150  # of one datum: AWS's limit

Stream = tuple[str, str]  # log group, log stream
Series = tuple[str, str, str]  # metric, endpoint, variant: empty where it is of the endpoint


class Outbox:
    """Takes lines and values from any thread; `flush` returns when all taken before it are sent."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._taking = threading.Lock()
        self._sending = threading.Lock()
        self._lines: dict[Stream, list[dict[str, Any]]] = defaultdict(list)
        self._values: dict[Series, Counter[float]] = defaultdict(Counter)
        self._known: set[Stream] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sagemaker-outbox", daemon=True)
        self._thread.start()

    def line(self, group: str, stream: str, text: str) -> None:
        """Keep a line of a container's output."""
        with self._taking:
            self._lines[group, stream].append({"timestamp": int(time.time() * 1000), "message": text or " "})

    def value(self, metric: str, endpoint: str, variant: str, value: float) -> None:
        """Keep one value of a metric of an endpoint's variant."""
        with self._taking:
            self._values[metric, endpoint, variant][value] += 1

    def flush(self) -> None:
        """Send what is there; what the cloud does not take is dropped with a warning, as an agent would."""
        with self._sending:
            with self._taking:
                lines, self._lines = self._lines, defaultdict(list)
                values, self._values = self._values, defaultdict(Counter)
            for (group, stream), events in lines.items():
                self._attempt(self._send_lines, group, stream, events)
            if values:
                self._attempt(self._send_values, values)

    def stop(self) -> None:
        """Send no more."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(EVERY_SECONDS):
            if self._lines or self._values:
                self.flush()

    def _attempt(self, send: Any, *arguments: Any) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            send(*arguments)
        except (BotoCoreError, ClientError) as error:
            _log.warning("not sent to CloudWatch: %s", error)

    def _send_lines(self, group: str, stream: str, events: list[dict[str, Any]]) -> None:
        logs = self._cloud.client("logs")
        if (group, stream) not in self._known:
            for create, names in (
                (logs.create_log_group, {"logGroupName": group}),
                (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
            ):
                try:
                    create(**names)
                except logs.exceptions.ResourceAlreadyExistsException:
                    continue
            self._known.add((group, stream))
        for start in range(0, len(events), MOST_LINES):
            logs.put_log_events(
                logGroupName=group, logStreamName=stream, logEvents=events[start : start + MOST_LINES]
            )

    def _send_values(self, values: dict[Series, Counter[float]]) -> None:
        data = [datum for series, counted in values.items() for datum in _data(series, counted)]
        for start in range(0, len(data), 100):
            self._cloud.client("cloudwatch").put_metric_data(
                Namespace="AWS/SageMaker", MetricData=data[start : start + 100]
            )


def _data(series: Series, counted: Counter[float]) -> list[dict[str, Any]]:
    metric, endpoint, variant = series
    pairs = list(counted.items())
    return [
        {
            "MetricName": metric,
            "Dimensions": [
                {"Name": name, "Value": value}
                for name, value in (("EndpointName", endpoint), ("VariantName", variant))
                if value
            ],
            "Values": [value for value, _ in pairs[start : start + MOST_VALUES]],
            "Counts": [count for _, count in pairs[start : start + MOST_VALUES]],
            "Unit": "Microseconds" if metric.endswith(("Latency", "Time")) else "None",
        }
        for start in range(0, len(pairs), MOST_VALUES)
    ]
