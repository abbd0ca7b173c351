"""Serve the local SageMaker alone, beside the cloud that AWS_ENDPOINT_URL names."""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
from pathlib import Path

import uvicorn

from infra.local.sagemaker.backend import Backend
from infra.local.sagemaker.cloud import Cloud, Credentials
from infra.local.sagemaker.config import Config
from infra.local.sagemaker.wire import application


def main() -> None:
    """Serve until SIGTERM; the state is kept in the given directory."""
    parser = argparse.ArgumentParser(prog="infra.local.sagemaker", description="A local SageMaker")
    parser.add_argument("--port", type=int, default=5067)
    parser.add_argument("--state", type=Path, default=Path(".tidegate/sagemaker"))
    arguments = parser.parse_args()
    root = arguments.state.resolve()
    root.mkdir(parents=True, exist_ok=True)
    kept = root / "state.json"
    own = Credentials(
        os.environ.get("AWS_ACCESS_KEY_ID", "test"), os.environ.get("AWS_SECRET_ACCESS_KEY", "test")
    )
    own_url = f"http://127.0.0.1:{arguments.port}"
    config = dataclasses.replace(Config.read(os.environ, root), own_url=own_url)
    backend = Backend(config, Cloud(config, own))
    if kept.exists():
        backend.load(json.loads(kept.read_text()))

    def stop() -> None:
        kept.write_text(json.dumps(backend.dump()))
        backend.kill()

    uvicorn.run(application(backend, stop), host="127.0.0.1", port=arguments.port, log_level="warning")


if __name__ == "__main__":
    main()
