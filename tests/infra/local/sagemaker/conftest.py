"""A cloud with IAM enforced and SageMaker plugged in, whose images are one small program of the tests."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.clouds import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[3]
REGION = "eu-west-1"
ACCOUNT = "000000000000"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tiny:1"
BUCKET = "art"


class Sage:
    """A cloud of its own, that can be stopped, killed and started again."""

    def __init__(self, state: Path, **environment: str) -> None:
        self.state = state
        self.environment = environment
        self._clients: dict[tuple[str, str], Any] = {}
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.role = f"arn:aws:iam::{ACCOUNT}:role/model"
        self.server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        tiny = json.dumps({"tiny": [sys.executable, str(HERE / "image_program.py")]})
        env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_REGION": REGION,
            "MINISTACK_REGION": REGION,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "STATE_DIR": str(self.state / "services"),
            "S3_DATA_DIR": str(self.state / "objects"),
            "TIDEGATE_STATE": str(self.state),
            "TIDEGATE_LOCAL_IMAGES": tiny,
            "TIDEGATE_LOCAL_TIME_SCALE": "0.01",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "src"))),
            **self.environment,
        }
        self.log = self.state / "log.txt"
        with self.log.open("ab") as out:
            command = [sys.executable, str(HERE / "run_cloud.py")]
            self.server = subprocess.Popen(command, env=env, stdout=out, stderr=out, cwd=ROOT)
        eventually(self._answers)

    def stop(self, number: int = signal.SIGTERM) -> None:
        assert self.server
        self.server.send_signal(number)
        self.server.wait(20)

    def client(
        self, service: str, access_key: str = "test", secret: str = "test", token: str | None = None
    ) -> Any:
        if (service, access_key) not in self._clients:  # making one costs a quarter of a second
            self._clients[service, access_key] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name=REGION,
                aws_access_key_id=access_key,
                aws_secret_access_key=secret,
                aws_session_token=token,
                config=boto3.session.Config(inject_host_prefix=False, retries={"max_attempts": 1}),
            )
        return self._clients[service, access_key]

    def listen(self, name: str, detail_type: str, member: str, prefix: str) -> Callable[[], dict[str, Any]]:
        """A queue behind a rule; each call of what is returned gives its next event."""
        sqs, events = self.client("sqs"), self.client("events")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        allowed = {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": arn}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Statement": [allowed]})})
        detail = {member: [{"prefix": prefix}]}
        pattern = {"source": ["aws.sagemaker"], "detail-type": [detail_type], "detail": detail}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])

        def read() -> dict[str, Any]:
            message = eventually(lambda: sqs.receive_message(QueueUrl=url).get("Messages"))[0]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            said: dict[str, Any] = json.loads(message["Body"])
            return said

        return read

    def _answers(self) -> bool:
        assert self.server
        assert self.server.poll() is None, self.log.read_text()
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/health", timeout=1) as said:
                return bool(said.status == 200)
        except OSError:
            return False

    # what the tests do again and again

    def prepare(self) -> None:
        """A bucket, and a role that SageMaker may take."""
        s3, iam = self.client("s3"), self.client("iam")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(RoleName="model", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
        allowed = {
            "Effect": "Allow",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
        iam.put_role_policy(
            RoleName="model", PolicyName="s3", PolicyDocument=json.dumps({"Statement": [allowed]})
        )

    def put(self, key: str, text: str) -> str:
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=text.encode())
        return f"s3://{BUCKET}/{key}"

    def archive(self, name: str, answer: str) -> str:
        """A model archive that answers `answer`."""
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as archive:
            entry = tarfile.TarInfo("answer.txt")
            entry.size = len(answer)
            archive.addfile(entry, io.BytesIO(answer.encode()))
        key = f"models/{name}/model.tar.gz"
        self.client("s3").put_object(Bucket=BUCKET, Key=key, Body=made.getvalue())
        return f"s3://{BUCKET}/{key}"

    def training(self, name: str, told: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "HyperParameters": told or {},
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
            "StoppingCondition": {"MaxRuntimeInSeconds": 30},
            "Environment": {"PROBE_PORT": str(self.port)},
            **more,
        }

    def model(self, name: str, answer: str, environment: dict[str, str] | None = None, count: int = 1) -> str:
        """A model and an endpoint configuration of that name."""
        self.bare_model(name, answer, environment)
        return self.config(name, [self.variant(name, count=count)])

    def bare_model(self, name: str, answer: str, environment: dict[str, str] | None = None) -> str:
        """A model without a configuration."""
        container = {
            "Image": IMAGE,
            "ModelDataUrl": self.archive(name, answer),
            "Environment": environment or {},
        }
        self.client("sagemaker").create_model(
            ModelName=name, ExecutionRoleArn=self.role, PrimaryContainer=container
        )
        return name

    def variant(self, model: str, name: str = "all", count: int = 1, weight: float = 1.0) -> dict[str, Any]:
        """A variant on instances."""
        return {
            "VariantName": name,
            "ModelName": model,
            "InitialInstanceCount": count,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": weight,
        }

    def config(self, name: str, variants: list[dict[str, Any]], **more: Any) -> str:
        """An endpoint configuration."""
        self.client("sagemaker").create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=variants, **more
        )
        return name

    def serve(self, name: str, config: str) -> str:
        """An endpoint in service."""
        self.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
        settled = self.endpoint_settled(name)
        assert settled["EndpointStatus"] == "InService", settled
        return name

    def ask(self, endpoint: str, body: bytes = b"x", **more: Any) -> dict[str, Any]:
        """One call of an endpoint, with its body read."""
        said: dict[str, Any] = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, Body=body, **more
        )
        return {**said, "Body": said["Body"].read()}

    def endpoint_settled(self, name: str) -> dict[str, Any]:
        sagemaker = self.client("sagemaker")

        def settled() -> dict[str, Any] | None:
            found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
            return found if found["EndpointStatus"] in ("InService", "Failed") else None

        said: dict[str, Any] = eventually(settled)
        return said


@pytest.fixture(scope="session")
def sage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sage]:
    """One cloud for all these tests."""
    made = Sage(tmp_path_factory.mktemp("sage"))
    made.start()
    made.prepare()
    yield made
    made.stop()


@pytest.fixture
def own_sage(tmp_path: Path) -> Iterator[Sage]:
    """A cloud for a test that stops it."""
    made = Sage(tmp_path)
    made.start()
    made.prepare()
    yield made
    if made.server and made.server.poll() is None:
        made.stop()
