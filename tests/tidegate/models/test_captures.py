"""A captured prediction reads back as it was written, and lies where its hour says."""

from __future__ import annotations

from datetime import UTC, datetime

from tidegate.models.captures import capture_key, hour_prefix, lines, moment_of, read, version_of

AT = datetime(2026, 11, 5, 7, 59, 58, 123_999, tzinfo=UTC)


def test_a_key_names_model_hour_and_version() -> None:
    key = capture_key("flight_delay", AT, 12, "abc")
    assert key == "captures/flight_delay/2026/11/05/07/12-abc.jsonl"
    assert key.startswith(hour_prefix("flight_delay", AT))
    assert version_of(key) == 12


def test_lines_read_back_as_they_were_written_and_nothing_known_is_null() -> None:
    written = lines(
        identity="order-7",
        moment=moment_of(AT),
        version=12,
        rows=[{"origin": "JFK\n"}, {"origin": None}],
        features=[{"age": float("nan")}, {"age": 3.5}],
        scores=[0.25, 0.5],
    )
    assert all(line.endswith(b"\n") for line in written)
    told = {"id": "order-7", "at": "2026-11-05T07:59:58.123Z", "version": 12}
    assert list(read(b"".join(written))) == [
        {**told, "n": 0, "row": {"origin": "JFK\n"}, "features": {"age": None}, "score": 0.25},
        {**told, "n": 1, "row": {"origin": None}, "features": {"age": 3.5}, "score": 0.5},
    ]
