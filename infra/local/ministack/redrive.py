"""SQS StartMessageMoveTask: dead letters go back to the queue that they came from, or to another."""

from __future__ import annotations

import time
import uuid
from typing import Any

_tasks: list[dict[str, Any]] = []


def install() -> None:
    """Add the actions to SQS."""
    from ministack.services import sqs

    sqs._HANDLERS["StartMessageMoveTask"] = _start
    sqs._HANDLERS["ListMessageMoveTasks"] = _list
    sqs._HANDLERS["CancelMessageMoveTask"] = _cancel


def _start(request: dict[str, Any], _: str) -> dict[str, Any]:
    from ministack.services import sqs

    source = _queue(request["SourceArn"])
    fallback = request.get("DestinationArn", "")
    moving = list(source["messages"])
    # every destination is looked up first, so that an unknown one moves nothing
    for message in moving:
        _queue(fallback or message.get("sys", {}).get("DeadLetterQueueSourceArn", ""))
    for message in moving:
        target = _queue(fallback or message["sys"]["DeadLetterQueueSourceArn"])
        moved = {**message, "receipt_handle": None, "visible_at": time.time(), "receive_count": 0}
        moved["sys"] = {k: v for k, v in message.get("sys", {}).items() if k != "DeadLetterQueueSourceArn"}
        moved["first_receive_at"] = None
        target["messages"].append(moved)
        source["messages"].remove(message)
    sqs.esm_wake.set()
    handle = str(uuid.uuid4())
    task = {
        "TaskHandle": handle,
        "Status": "COMPLETED",
        "SourceArn": request["SourceArn"],
        "ApproximateNumberOfMessagesMoved": len(moving),
        "ApproximateNumberOfMessagesToMove": len(moving),
        "StartedTimestamp": int(time.time() * 1000),
    }
    if fallback:
        task["DestinationArn"] = fallback
    _tasks.insert(0, task)
    return {"TaskHandle": handle}


def _list(request: dict[str, Any], _: str) -> dict[str, Any]:
    wanted = [task for task in _tasks if task["SourceArn"] == request["SourceArn"]]
    # AWS gives the handle of a running task only, and here none runs for long
    found = [{k: v for k, v in task.items() if k != "TaskHandle"} for task in wanted]
    return {"Results": found[: int(request.get("MaxResults", 1))]}


def _cancel(_request: dict[str, Any], _: str) -> dict[str, Any]:
    from ministack.services import sqs

    raise sqs._Err("UnsupportedOperation", "a message move task is over before it can be cancelled here")


def _queue(arn: str) -> Any:
    from ministack.services import sqs

    queue = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", f"The resource that you specified doesn't exist: {arn}")
    return queue
