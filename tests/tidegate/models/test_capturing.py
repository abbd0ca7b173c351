"""Captured lines are written once each, soon; what goes wrong is tried again, bounded and counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clouds import eventually
from tidegate.errors import Transient
from tidegate.models import capturing as capturing_module
from tidegate.models.capturing import Capturing, Tally, to_bucket

AT = datetime(2026, 11, 25, 21, 59, 59, tzinfo=UTC)


class Bucket:
    """A bucket that fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.asked: list[str] = []
        self.files: dict[str, bytes] = {}

    def put(self, key: str, body: bytes) -> None:
        self.asked.append(key)
        if self.failures:
            self.failures -= 1
            raise Transient("the bucket", "it is away", "Try again")
        self.files[key] = body


def made(bucket: Bucket, **more: Any) -> Capturing:
    return Capturing(bucket.put, "m", 3, **more)


def test_lines_of_one_hour_become_one_file_and_the_next_hour_another() -> None:
    bucket = Bucket()
    capturing = made(bucket)
    capturing.keep(b"1\n2\n", 2, AT)
    capturing.keep(b"3\n", 1, AT)
    capturing.keep(b"4\n", 1, AT + timedelta(seconds=1))
    assert capturing.flush()
    first, second = bucket.files
    assert first.startswith("captures/m/2026/11/25/21/3-")
    assert second.startswith("captures/m/2026/11/25/22/3-")
    assert list(bucket.files.values()) == [b"1\n2\n3\n", b"4\n"]
    assert capturing.tallied() == Tally(written=4)


def test_a_file_is_written_soon_after_its_first_row_without_being_asked_for() -> None:
    bucket = Bucket()
    capturing = made(bucket, latest_seconds=0.05)
    capturing.start()
    capturing.keep(b"1\n", 1, AT)
    assert eventually(lambda: list(bucket.files.values()), 10) == [b"1\n"]
    capturing.close()


def test_a_large_file_does_not_wait() -> None:
    bucket = Bucket()
    capturing = made(bucket, latest_seconds=600)
    capturing.start()
    capturing.keep(b"x" * capturing_module.LARGEST_FILE, 1, AT)
    assert eventually(lambda: len(bucket.files), 10) == 1
    capturing.close()


def test_a_failed_write_is_tried_again_under_the_same_name_and_loses_nothing() -> None:
    bucket = Bucket(failures=2)
    capturing = made(bucket)
    capturing.keep(b"1\n", 1, AT)
    assert not capturing.flush()
    capturing.keep(b"2\n", 1, AT)
    assert not capturing.flush()
    assert capturing.flush()
    assert list(bucket.files.values()) == [b"1\n", b"2\n"]
    assert bucket.asked[0] == bucket.asked[1] == bucket.asked[2]
    assert capturing.tallied() == Tally(written=2, failures=2)


def test_what_waits_is_bounded_and_what_finds_no_room_is_counted() -> None:
    bucket = Bucket(failures=1)
    capturing = made(bucket, most_waiting=10)
    capturing.keep(b"12345678", 1, AT)
    capturing.keep(b"1234", 2, AT)
    capturing.keep(b"12", 1, AT)
    assert capturing.tallied().lost == 2
    capturing.flush()
    capturing.keep(b"1", 1, AT)
    assert capturing.tallied().lost == 1
    assert capturing.flush()
    capturing.keep(b"1234567890", 1, AT)
    assert capturing.tallied() == Tally(written=2)


def test_closing_writes_what_is_left_and_counts_what_it_could_not_write() -> None:
    bucket = Bucket()
    capturing = made(bucket, latest_seconds=600)
    capturing.start()
    capturing.keep(b"1\n", 1, AT)
    capturing.close()
    assert list(bucket.files.values()) == [b"1\n"]

    away = Bucket(failures=100)
    capturing = made(away, latest_seconds=600)
    capturing.start()
    capturing.keep(b"1\n", 1, AT)
    capturing.close()
    assert capturing.tallied().lost == 1


def test_what_was_held_back_is_asked_for_before_each_writing_and_at_the_end() -> None:
    bucket = Bucket()
    capturing = made(bucket, latest_seconds=600)
    held = [b"1\n", b"2\n"]
    capturing.ask_first(lambda: capturing.keep(held.pop(0), 1, AT) if held else None)
    assert capturing.flush()
    assert list(bucket.files.values()) == [b"1\n"]
    capturing.start()
    capturing.close()
    assert list(bucket.files.values()) == [b"1\n", b"2\n"]


def test_a_bucket_that_is_not_there_is_told_as_something_to_try_again(cloud: Any) -> None:
    with pytest.raises(Transient, match="it cannot be written"):
        to_bucket(cloud.client("s3"), "no-such-bucket-anywhere")("captures/m/x.jsonl", b"")
