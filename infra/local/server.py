"""The local cloud as one process: MiniStack bound to this machine, with what it lacks plugged in.

`python -m infra.local.server --port 4566 --state .tidegate/cloud` serves until it is told to stop.
MiniStack reads its settings while it is imported, so they are set first (`prepare`), then it is imported
and plugged, then served.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from infra.local.cloud import ACCOUNT, HOST, REGION, LocalCloud

if TYPE_CHECKING:
    from types import ModuleType

STOP_SECONDS = 10


def prepare(port: int, state: Path) -> None:
    """Set what MiniStack and the Lambda workers under it read from the environment."""
    ours = [name for name in os.environ if name.startswith(("TIDEGATE_", "AWS_"))]
    for name in [name for name in ours if not name.startswith("TIDEGATE_LOCAL_")]:
        del os.environ[name]  # a worker gets its function's variables, not those of whoever started us
    scratch = state / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)  # unzipped functions of a run that was killed
    scratch.mkdir(parents=True)
    os.environ.update(LocalCloud(f"http://{HOST}:{port}").environment())
    os.environ.update(
        {
            "GATEWAY_PORT": str(port),
            "BIND_HOST": HOST,
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AUTH": "true",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state / "services"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "objects"),
            "TIDEGATE_STATE": str(state),
            "TMPDIR": str(scratch),
            # what looks every fifteen seconds in AWS looks every one and a half here
            "SFN_WAIT_SCALE": os.environ.get("SFN_WAIT_SCALE", "0.1"),
            "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
            # listeners of its own, on every interface, that nothing here uses
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
        }
    )


async def _serve(port: int, stopping: asyncio.Event) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from infra.local import saving
    from infra.local.gateway import gateway

    config = Config()
    config.bind = [f"{HOST}:{port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    saver = asyncio.create_task(saving.save_when_changed())
    try:
        await serve(cast(Any, gateway), config, shutdown_trigger=stopping.wait)
    finally:
        saver.cancel()


def _refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(f"{HOST}:{port} cannot be served: {error.strerror}")


def _run(port: int, state: Path, plugged: list[ModuleType]) -> None:
    loop = asyncio.new_event_loop()
    stopping = asyncio.Event()

    def stop() -> None:
        stopping.set()
        # a custom resource that never answers must not keep the process
        watchdog = threading.Timer(STOP_SECONDS, _end, args=(plugged,))
        watchdog.daemon = True
        watchdog.start()

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    said = {"pid": os.getpid(), "port": port, "endpoint": f"http://{HOST}:{port}"}
    (state / "server.json").write_text(json.dumps(said))
    loop.run_until_complete(_serve(port, stopping))
    (state / "server.json").unlink(missing_ok=True)
    _end(plugged)


def _end(plugged: list[ModuleType]) -> None:
    """Leave at once: an orderly exit would wait for threads that may hang."""
    from ministack.core import lambda_runtime

    lambda_runtime.reset()
    for plug in plugged:
        if hasattr(plug, "stop"):
            plug.stop()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def main() -> None:
    """Serve the local cloud until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="infra.local.server", description="Tidegate's local cloud")
    parser.add_argument("--port", type=int, default=4566)
    parser.add_argument("--state", type=Path, default=Path(".tidegate/cloud"))
    arguments = parser.parse_args()
    state = arguments.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    _refuse_taken_port(arguments.port)
    prepare(arguments.port, state)
    from infra.local import plugs

    _run(arguments.port, state, plugs.install())


if __name__ == "__main__":
    main()
