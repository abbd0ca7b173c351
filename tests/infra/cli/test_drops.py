"""What the demo drops is the distribution's own data, and the planted files are bad as they say."""

from __future__ import annotations

from infra.cli import drops


def test_the_months_together_are_the_year() -> None:
    text = drops.all_flights(drops.folder())
    months = dict(drops.by_month(text, range(1, 13)))
    assert sum(body.count(b"\n") - 1 for body in months.values()) == text.count(b"\n") - 1 == 336_776
    assert all(body.split(b"\n", 1)[0] == text.split(b"\n", 1)[0] for body in months.values())


def test_one_file_has_four_bad_rows_and_one_has_lost_columns() -> None:
    data = drops.folder()
    planted = [drop for drop in [*drops.before_the_flights(3, data), *drops.flights(3, data)] if drop.planted]
    assert [drop.key for drop in planted] == ["weather/2013-lost-columns.csv", "flights/2013-late-news.csv"]
    lost, late = (drop.body.decode().splitlines() for drop in planted)
    assert lost[0].endswith(",precip,pressure")
    assert len(late) == 41
    assert late[4].count(",") == late[0].count(",") - 4


def test_no_flight_is_dropped_twice() -> None:
    lines = [line for drop in drops.flights(3, drops.folder()) for line in drop.body.splitlines()[1:]]
    assert len(lines) == len(set(lines))


def test_the_flight_asked_about_is_later_than_those_learned_from() -> None:
    assert drops.a_flight(3, drops.folder())["month"] == "4"
