from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.infra.local.ministack.test_delivery import message, queue
from tests.infra.local.ministack.test_function_errors import role

if TYPE_CHECKING:
    from tests.conftest import Cloud


def test_a_recurring_schedule_that_is_changed_to_strike_once_does(cloud: Cloud) -> None:
    url, arn = queue(cloud, "changed-schedule")
    acting = role(cloud, "changed-schedule", "scheduler.amazonaws.com", ["sqs:SendMessage"])
    target = {"Arn": arn, "RoleArn": acting, "Input": '{"n": 1}'}
    scheduler = cloud.client("scheduler")
    common = {"Name": "changed", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    scheduler.create_schedule(ScheduleExpression="cron(0 6 ? * MON *)", **common)
    time.sleep(2.5)  # until the clock has seen it
    at = datetime.now(UTC) + timedelta(seconds=1)
    scheduler.update_schedule(ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})", **common)
    assert json.loads(message(cloud, url)["Body"]) == {"n": 1}
