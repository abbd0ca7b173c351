"""The limit: raw ASGI on uvicorn, orjson and ONNX Runtime, with nothing checked and nothing remembered."""

from __future__ import annotations

import json
import sys
from operator import itemgetter
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import orjson
import uvicorn

TEXTS = {
    "country": {"NL": 0.0, "DE": 1.0, "FR": 2.0, "BE": 3.0, "US": 4.0},
    "currency": {"EUR": 0.0, "USD": 1.0},
    "channel": {"web": 0.0, "app": 1.0, "shop": 2.0},
}
HEADERS = [(b"content-type", b"application/json")]


def application(folder: Path) -> Any:
    """What such a server is when written by hand for this model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "model" / "model.onnx"), options)
    given, asked = session.get_inputs()[0].name, session.get_outputs()[1].name
    names = json.loads((folder / "names.json").read_text())
    get = itemgetter(*names)
    texts = [(names.index(name), values) for name, values in TEXTS.items()]

    def numbers(row: dict[str, Any]) -> list[Any]:
        values = list(get(row))
        for place, known in texts:
            values[place] = known[values[place]]
        return values

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        said = b""
        if scope["path"] == "/invocations":
            rows = [numbers(row) for row in orjson.loads(body)["rows"]]
            chances = session.run([asked], {given: np.array(rows, dtype=np.float32)})[0][:, 1]
            said = orjson.dumps({"predictions": [{"score": score} for score in chances.tolist()]})
        length = (b"content-length", str(len(said)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*HEADERS, length]})
        await send({"type": "http.response.body", "body": said})

    return answer


if __name__ == "__main__":
    uvicorn.run(
        application(Path(sys.argv[1])),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
