from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from infra.local.cloud import LocalCloud


def test_dead_letters_go_back_to_the_queue_they_came_from(cloud: LocalCloud) -> None:
    sqs = cloud.client("sqs")
    dead = sqs.create_queue(QueueName="redrive-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    live = sqs.create_queue(
        QueueName="redrive-live", Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"}
    )["QueueUrl"]
    sqs.send_message(QueueUrl=live, MessageBody="again")
    sqs.receive_message(QueueUrl=live)
    assert "Messages" not in sqs.receive_message(QueueUrl=live)

    sqs.start_message_move_task(SourceArn=arn)
    (task,) = sqs.list_message_move_tasks(SourceArn=arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    (message,) = sqs.receive_message(QueueUrl=live)["Messages"]
    assert message["Body"] == "again"
    assert "Messages" not in sqs.receive_message(QueueUrl=dead)


def test_an_unknown_queue_is_refused(cloud: LocalCloud) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        cloud.client("sqs").start_message_move_task(SourceArn="arn:aws:sqs:eu-west-1:000000000000:nowhere")
