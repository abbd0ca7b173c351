"""A tiny container for the tests, told what to do by hyperparameters, environment and its model's files."""

import json
import os
import signal
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def train() -> int:
    told = json.loads((ML / "input/config/hyperparameters.json").read_text())
    if "fail" in told:
        (ML / "output/failure").write_text(told["fail"])
        return 3
    if "deaf" in told:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "polite" in told:
        signal.signal(signal.SIGTERM, leave)
    if "checkpoint" in told and not resumed():
        time.sleep(60)
    if "shout" in told:
        print(told["shout"], flush=True)
    if "x" in told:
        print(f"score={-((float(told['x']) - 3) ** 2)};")
    for _ in range(int(told.get("steps", 0))):
        print(f"score={told['level']};", flush=True)
        time.sleep(0.3)
    time.sleep(float(told.get("sleep", 0)))
    channels = {
        each.name: sorted(str(f.relative_to(each)) for f in each.rglob("*") if f.is_file())
        for each in (ML / "input/data").iterdir()
    }
    seen = {
        "told": told,
        "channels": channels,
        "host": socket.gethostname(),
        "network": network(),
        "job": os.environ["TRAINING_JOB_NAME"],
        "key": os.environ.get("AWS_ACCESS_KEY_ID", ""),
    }
    (ML / "model/answer.txt").write_text(told.get("answer", "one"))
    (ML / "model/seen.json").write_text(json.dumps(seen))
    print("auc=0.5;")
    print("auc=0.75;")
    return 0


def leave(*_: object) -> None:
    """Keep what there is when asked to end."""
    (ML / "model/answer.txt").write_text("left politely")
    sys.exit(0)


def resumed() -> bool:
    """Whether an earlier run left a checkpoint; else leave one."""
    (ML / "checkpoints/deep").mkdir(exist_ok=True)
    step = ML / "checkpoints/deep/step.txt"
    if step.exists():
        print(f"resumed at {step.read_text()}")
        return True
    step.write_text("7")
    return False


def network() -> bool:
    try:
        socket.create_connection(("127.0.0.1", int(os.environ["PROBE_PORT"])), timeout=2).close()
    except OSError:
        return False
    return True


def process() -> int:
    source, target = ML / "processing/input", ML / "processing/output"
    text = "".join(file.read_text() for file in sorted(source.rglob("*.txt")))
    (target / "deep").mkdir()
    (target / "deep/shout.txt").write_text(text.upper() + " ".join(sys.argv[2:]))
    return 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = self.path == "/execution-parameters"
        self.answer(200, os.environ.get("PARAMETERS", "").encode() if asked else b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        if body == b"client":
            self.answer(422, b"no such column")
        elif body == b"server":
            self.answer(500, b"broken")
        elif body == b"die":
            os._exit(1)
        elif body == b"headers":
            self.answer(200, json.dumps({k.lower(): v for k, v in self.headers.items()}).encode())
        elif body == b"key":
            self.answer(200, os.environ.get("AWS_ACCESS_KEY_ID", "none").encode())
        elif body.startswith(b"stream"):
            self.stream(body)
        elif body.startswith(b"sleep"):
            time.sleep(float(body[5:]))
            self.answer(200, str(os.getpid()).encode())
        elif os.environ.get("COUNTS"):  # how many cells each line has; and how many lines the request had
            lines = body.splitlines()
            said = [f"{line.count(b',') + 1},{len(lines)}".encode() for line in lines]
            self.answer(200, b"\n".join(said))
        elif os.environ.get("WRAPS"):  # each JSON line in a list
            self.answer(200, b"\n".join(b"[" + line + b"]" for line in body.splitlines()))
        else:
            time.sleep(float(os.environ.get("SLEEP", "0")))
            self.answer(200, (ML / "model/answer.txt").read_bytes())

    def stream(self, body: bytes) -> None:
        """Three pieces; after the second one a pause, or the end of it all."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in (b"one ", b"two ", b"three"):
            if piece == b"three":
                self.wfile.flush()
                time.sleep(0.5)
                if body == b"stream-break":
                    os._exit(1)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", "text/plain")
        self.send_header("content-length", str(len(body)))
        if custom := self.headers.get("x-amzn-sagemaker-custom-attributes"):
            self.send_header("x-amzn-sagemaker-custom-attributes", custom)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def serve() -> int:
    time.sleep(float(os.environ.get("START_SLEEP", "0")))
    if (ML / "model/answer.txt").read_text() == "broken":
        print("this model cannot be loaded")
        return 1
    print("serving")
    Handler.wbufsize = -1
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), Handler).serve_forever()
    return 0


sys.exit({"train": train, "serve": serve, "process": process}[sys.argv[1]]())
