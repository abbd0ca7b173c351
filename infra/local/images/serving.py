"""An endpoint in script mode: AWS's inference toolkit finds and calls the user's functions, this serves HTTP.

The defaults are those of the containers: sagemaker-scikit-learn, sagemaker-xgboost and pytorch-inference.
"""

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sagemaker_inference import content_types, decoder, environment
from sagemaker_inference.default_inference_handler import DefaultInferenceHandler
from sagemaker_inference.transformer import Transformer

HOST = "127.0.0.1"


class ScikitLearn(DefaultInferenceHandler):  # type: ignore[misc]
    """An estimator predicts."""

    def default_predict_fn(self, data: Any, model: Any, context: Any = None) -> Any:  # noqa: ARG002
        """What the estimator says of an array."""
        return model.predict(data)


class XGBoost(DefaultInferenceHandler):  # type: ignore[misc]
    """A booster predicts on its own matrix."""

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:  # noqa: ARG002
        """The request as the booster's matrix."""
        import xgboost

        return xgboost.DMatrix(decoder.decode(input_data, content_type))

    def default_predict_fn(self, data: Any, model: Any, context: Any = None) -> Any:  # noqa: ARG002
        """What the booster says of it."""
        return model.predict(data, validate_features=False)


class PyTorch(DefaultInferenceHandler):  # type: ignore[misc]
    """A module answers a tensor with a tensor."""

    def default_input_fn(self, input_data: Any, content_type: str, context: Any = None) -> Any:  # noqa: ARG002
        """The request as a tensor; text is of 32-bit floats, an array keeps its type."""
        import torch

        array = decoder.decode(input_data, content_type)
        return (
            torch.FloatTensor(array) if content_type in content_types.UTF8_TYPES else torch.from_numpy(array)
        )

    def default_predict_fn(self, data: Any, model: Any, context: Any = None) -> Any:  # noqa: ARG002
        """What the module says, without gradients."""
        import torch

        with torch.no_grad():
            return model.eval()(data)

    def default_output_fn(self, prediction: Any, accept: str, context: Any = None) -> Any:
        """A tensor is written as an array."""
        import torch

        shown = prediction.detach().numpy() if isinstance(prediction, torch.Tensor) else prediction
        return super().default_output_fn(shown, accept, context)


DEFAULTS = {"scikit-learn": ScikitLearn, "xgboost": XGBoost, "pytorch": PyTorch}


class Call:
    """One request, in the form in which the toolkit meets Multi Model Server's."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.system_properties = {"model_dir": environment.model_dir}
        self.request_processor = [self]
        self.headers = headers
        self.status, self.content_type = 200, "text/plain"

    def get_request_properties(self) -> dict[str, str]:
        """The request's headers."""
        return self.headers

    def set_response_content_type(self, _position: int, content_type: str) -> None:
        """What the answer is written in."""
        self.content_type = content_type

    def set_response_status(self, code: int, phrase: str) -> None:  # noqa: ARG002 - the toolkit's signature
        """The answer is an error."""
        self.status = int(code)


class Handler(BaseHTTPRequestHandler):
    """GET /ping, POST /invocations."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one segment an answer
    transformer: Any

    def do_GET(self) -> None:
        """Healthy: the model is loaded before anything is served."""
        self._answer(200 if self.path == "/ping" else 404, "text/plain", b"")

    def do_POST(self) -> None:
        """One invocation."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        call = Call(dict(self.headers.items()))
        (said,) = self.transformer.transform([{"body": body}], call)
        self._answer(call.status, call.content_type, said if isinstance(said, bytes) else str(said).encode())

    def log_message(self, *_: object) -> None:
        """Requests are not logged: each would be an event in CloudWatch."""

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def serve(image: str) -> None:
    """Load the model with the user's code, then answer until the end."""
    _place_code(Path(environment.code_dir))
    Handler.transformer = Transformer(DEFAULTS[image]())
    Handler.transformer.validate_and_initialize(environment.model_dir, Call({}))
    server = ThreadingHTTPServer((HOST, int(os.environ.get("SAGEMAKER_BIND_TO_PORT", "8080"))), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever).start()


def _place_code(code: Path) -> None:
    """Have the user's code importable, with the packages that it asks for."""
    from sagemaker_training import files

    given = os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if given.startswith("s3://"):
        files.download_and_extract(given, str(code))
    elif given and Path(given).is_dir():
        code = Path(given)
    if (code / "requirements.txt").is_file():
        install = [sys.executable, "-m", "pip", "install", "-r", str(code / "requirements.txt")]
        subprocess.run(install, check=True)
    sys.path.insert(0, str(code))
