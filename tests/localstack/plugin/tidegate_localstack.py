"""What LocalStack lacks without Docker: Lambda functions as processes, and moto behind two of its APIs.

LocalStack finds this module by the entry points of the `dist-info` folder beside it. It runs functions in
containers, and DynamoDB in a Java program that it downloads; neither is to be had here. Glue is sold in its
paid edition.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from localstack import config
from localstack.aws.spec import load_service
from localstack.services.lambda_.invocation.executor_endpoint import ExecutorEndpoint
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor
from localstack.services.moto import _proxy_moto as proxy_moto
from localstack.services.plugins import Service, aws_provider
from localstack.utils.net import get_free_tcp_port

if TYPE_CHECKING:
    from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult

WORKER = Path(__file__).with_name("lambda_worker.py")
HOST = "127.0.0.1"


class ProcessExecutor(RuntimeExecutor):
    """One execution environment: a process of the project's own interpreter that runs the handler."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:  # noqa: A002  LocalStack calls it so
        super().__init__(id=id, function_version=function_version)
        self._endpoint = ExecutorEndpoint(self.id, HOST, get_free_tcp_port())
        self._log = Path(config.dirs.tmp) / f"lambda-{self.id}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, env_vars: dict[str, str]) -> None:
        self._endpoint.start()
        code = self.function_version.config.code.get_unzipped_code_location()
        environment = {
            "PATH": os.environ["PATH"],
            **{name: str(value) for name, value in env_vars.items()},
            "AWS_ENDPOINT_URL": f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}",
            "LAMBDA_CODE": str(code),
            "LAMBDA_PORT": str(self._endpoint.container_port),
        }
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [os.environ["TIDEGATE_LAMBDA_PYTHON"], str(WORKER)],
                env=environment,
                cwd=code,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._endpoint.wait_for_startup()

    def stop(self) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._endpoint.shutdown()

    def get_address(self) -> str:
        return HOST

    def get_endpoint_from_executor(self) -> str:
        return HOST

    def get_runtime_endpoint(self) -> str:
        return f"http://{HOST}:{config.GATEWAY_LISTEN[0].port}{self._endpoint.get_endpoint_prefix()}"

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        return self._endpoint.invoke(payload)

    def get_logs(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Nothing was made for the version."""


class ProcessExecutorPlugin(RuntimeExecutorPlugin):
    """Chosen by LAMBDA_RUNTIME_EXECUTOR=process."""

    name = "process"

    def load(self, *args: object, **kwargs: object) -> type[ProcessExecutor]:
        return ProcessExecutor


class _Moto:
    def __init__(self, service: str) -> None:
        self.service = service


def _every_operation(provider: object) -> dict[str, object]:
    return dict.fromkeys(load_service(provider.service).operation_names, proxy_moto)


@aws_provider(api="dynamodb", name="moto")
def dynamodb() -> Service:
    return Service.for_provider(_Moto("dynamodb"), dispatch_table_factory=_every_operation)


@aws_provider(api="glue", name="moto")
def glue() -> Service:
    return Service.for_provider(_Moto("glue"), dispatch_table_factory=_every_operation)
