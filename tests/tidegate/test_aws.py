"""The clients give up when they were told to: a late answer is asked for again only where there is time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.tidegate.silence import Silence
from tidegate import aws

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    with Silence() as made:
        for name, value in made.environment.items():
            monkeypatch.setenv(name, value)
        aws.client.cache_clear()
        yield made
    aws.client.cache_clear()


@pytest.mark.parametrize(("late_again", "calls"), [(True, 2), (False, 1)])
def test_a_late_answer_is_asked_for_again_only_where_there_is_time(
    silence: Silence, late_again: bool, calls: int
) -> None:
    runtime = aws.client("sagemaker-runtime", retries=1, seconds=1, late_again=late_again)
    with pytest.raises(ReadTimeoutError):
        runtime.invoke_endpoint(EndpointName="m", Body=b"{}")
    assert silence.calls() == calls


@pytest.mark.usefixtures("silence")
def test_who_has_a_second_does_not_wait_three_for_a_connection() -> None:
    assert aws.client("dynamodb", seconds=1).meta.config.connect_timeout == 1
