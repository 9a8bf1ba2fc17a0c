"""Who waits right now: numbers taken today, neither called nor gone; what the queue system forgot does not count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.time import VIETNAM, midnight
from tests.support import Stack, event, put, unit
from warehouse.read.evidence import waiting
from warehouse.read.periods import Period

NOON = datetime.fromisoformat("2026-03-02T11:00:00+07:00")
TODAY = Period(midnight(NOON.date()), NOON.astimezone(UTC))


def ticket(code: str, issued: str, called: str = "", ended: str = "", how: str = "served", at: str = "W.1") -> Any:
    """A ticket's steps at times of the day; called to the counter that its code begins with."""
    steps = {"ticket_issued": issued, "called": called, how: ended}
    return [
        event(f"queue.{kind}", code, f"2026-03-02T{when}:00+07:00", unit=at, source="test/waiting", counter=code[:2])
        for kind, when in steps.items()
        if when
    ]


def found(store: Client, period: Period = TODAY) -> dict[str, dict[str, Any]]:
    return {row["unit"]: row for row in waiting(store, ["W", "W.1", "W.2"], period)}


def test_who_was_not_called_and_did_not_leave_waits(store: Client) -> None:
    put(
        store,
        [
            *ticket("Q1-1", "10:20", "10:30", "10:40"),
            *ticket("Q1-2", "10:25", "10:45"),
            *ticket("Q2-1", "10:40"),
            *ticket("Q2-2", "10:50"),
            *ticket("Q2-3", "10:41", "", "10:55", how="abandoned"),
            *ticket("Q3-1", "10:59", at="W.2"),
            *ticket("Q3-2", "11:01", at="W.2"),
        ],
    )
    rows = found(store)
    assert (rows["W.1"]["waiting"], rows["W.1"]["forgotten"], rows["W.1"]["counters"]) == (2, 0, ["Q1"])
    assert rows["W.1"]["waiting_since"] == datetime(2026, 3, 2, 3, 40)  # noqa: DTZ001 the store tells UTC without a zone
    assert rows["W.2"]["waiting"] == 1


def test_a_counter_serves_the_last_number_that_it_called(store: Client) -> None:
    put(store, [*ticket("Q1-1", "10:00", "10:30"), *ticket("Q1-2", "10:10", "10:40", "10:50")])
    assert found(store)["W.1"]["counters"] == []
    put(store, ticket("Q2-1", "09:00", "09:30"))
    assert found(store)["W.1"]["counters"] == [], "nobody is served for an hour and a half"


@pytest.mark.parametrize(("overtakers", "forgotten"), [(9, 0), (10, 1)])
def test_a_number_that_ten_later_ones_overtook_in_an_hour_was_forgotten(
    store: Client, overtakers: int, forgotten: int
) -> None:
    put(store, ticket("Q1-0", "08:00"))
    put(store, [step for n in range(overtakers) for step in ticket(f"Q1-{n + 1}", "08:30", "09:00", "09:10")])
    put(store, ticket("Q1-99", "10:30"))
    row = found(store)["W.1"]
    assert (row["waiting"], row["forgotten"]) == (2 - forgotten, forgotten)


def test_nobody_waits_where_nothing_happened_for_three_hours_nor_since_yesterday(store: Client) -> None:
    put(store, ticket("Q1-1", "10:50"))
    three_hours = timedelta(hours=3, minutes=-10)
    for later, waits in ((three_hours - timedelta(minutes=1), 1), (three_hours + timedelta(minutes=1), 0)):
        assert found(store, Period(TODAY.start, TODAY.end + later))["W.1"]["waiting"] == waits
    assert found(store, Period(TODAY.start + timedelta(days=1), TODAY.end + timedelta(days=1))) == {}


@pytest.mark.stack
def test_the_longest_wait_comes_first_with_the_sums_of_all(stack: Stack) -> None:
    sent = [unit("W", level="branch"), unit("W.1", "W"), unit("W.2", "W")]
    sent += [*ticket("Q2-1", "10:40"), *ticket("Q1-1", "10:10", "10:20"), *ticket("Q3-1", "10:05", at="W.2")]
    assert stack.send(sent) == []
    stack.wait_stored("test/waiting", 4)
    answer = stack.get("/v1/waiting", unit="W", to=NOON.astimezone(VIETNAM).isoformat())
    assert [(row["unit"], row["waiting"], row["longest_wait_s"]) for row in answer["points"]] == [
        ("W.2", 1, 55 * 60),
        ("W.1", 1, 20 * 60),
    ]
    assert answer["in_all"] == {"waiting": 2, "longest_wait_s": 55 * 60, "forgotten": 0, "serving": 1}
    assert answer["points"][1]["counters"] == ["Q1"]
    assert stack.get("/v1/waiting", unit="W")["points"] == []
