"""Appointments by the calendar, against worked examples of the law (working week Mon-Fri 08-12 and 13-17)."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from contract.time import VIETNAM
from tests.support import event, put, unit
from warehouse.verify.working_time import calendars_of_units


def calendar(days_off: tuple[date, ...] = (date(2026, 11, 24),)) -> list[dict[str, Any]]:
    """Autumn 2026 of calendar VN; Culture Day, 24 November, is a Tuesday."""
    days = [date(2026, 10, 26) + timedelta(days=n) for n in range(60)]
    return [
        event(
            "calendar.day_defined",
            f"VN/{day}",
            "2026-01-01T00:00:00+07:00",
            unit="H26",
            calendar="VN",
            date=str(day),
            sessions=[] if day.weekday() > 4 or day in days_off else [["08:00", "12:00"], ["13:00", "17:00"]],
        )
        for day in days
    ]


def procedure(code: str, **term: Any) -> dict[str, Any]:
    return event("procedure.published", code, "2026-01-01T00:00:00+07:00", unit="H26", name_vi=code, **term)


UNITS = [unit("H26", level="city", calendar="VN"), unit("H26.1", "H26")]
ACCEPTED_FRIDAY = "2026-11-20T16:00:00+07:00"
ACCEPTED_AFTER_CLOSING = "2026-11-20T17:30:00+07:00"


def accepted(at: str, **data: Any) -> dict[str, Any]:
    return event("dossier.accepted", "D1", at, unit="H26.1", procedure="P", **data)


def due(store: Client) -> str | None:
    due_at = store.query("SELECT due_at FROM dossiers FINAL WHERE dossier = 'D1'").result_rows[0][0]
    return None if due_at is None else _in_vietnam(due_at)


def _in_vietnam(instant: datetime) -> str:
    aware = instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo("UTC"))
    return aware.astimezone(VIETNAM).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("term", "at", "expected"),
    [
        pytest.param(
            {"term": 2}, ACCEPTED_FRIDAY, "2026-11-25 16:00", id="two working days to the hour, over a holiday"
        ),
        pytest.param({"term": 2}, ACCEPTED_AFTER_CLOSING, "2026-11-25 17:00", id="after closing counts from Monday"),
        pytest.param({"term": 2, "count_mode": "day"}, ACCEPTED_FRIDAY, "2026-11-25 17:00", id="first day left out"),
        pytest.param(
            {"term": 2, "count_mode": "day"}, ACCEPTED_AFTER_CLOSING, "2026-11-26 17:00", id="next day left out"
        ),
        pytest.param({"term": 12, "term_unit": "hour"}, "2026-11-20T11:00:00+07:00", "2026-11-23 16:00", id="hours"),
        pytest.param(
            {"term": 8, "term_unit": "day", "count_mode": "day"},
            ACCEPTED_FRIDAY,
            "2026-11-30 17:00",
            id="calendar days that end on a Saturday end on Monday",
        ),
        pytest.param({}, ACCEPTED_FRIDAY, None, id="no term, no appointment"),
    ],
)
def test_appointment_follows_term_and_calendar(
    store: Client, term: dict[str, Any], at: str, expected: str | None
) -> None:
    put(store, [*UNITS, *calendar(), procedure("P", **term), accepted(at)])
    assert due(store) == expected


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("shift", "2026-11-11 17:00"), ("subtract", "2026-11-11 17:00"), ("restart", "2026-11-13 17:00")],
)
def test_waiting_for_papers_moves_the_appointment(store: Client, policy: str, expected: str) -> None:
    put(
        store,
        [
            *UNITS,
            *calendar(),
            procedure("P", term=5, supplement_policy=policy),
            accepted("2026-11-02T08:00:00+07:00"),
            event("dossier.supplement_requested", "D1", "2026-11-04T08:00:00+07:00", unit="H26.1"),
            event("dossier.supplement_completed", "D1", "2026-11-09T08:00:00+07:00", unit="H26.1"),
        ],
    )
    assert due(store) == expected


def test_overlapping_pauses_count_once(store: Client) -> None:
    put(
        store,
        [
            *UNITS,
            *calendar(),
            procedure("P", term=5),
            accepted("2026-11-02T08:00:00+07:00"),
            event("dossier.supplement_requested", "D1", "2026-11-04T08:00:00+07:00", unit="H26.1"),
            event("dossier.finance_requested", "D1", "2026-11-05T08:00:00+07:00", unit="H26.1"),
            event("payment.paid", "D1", "2026-11-06T08:00:00+07:00", unit="H26.1", online=True),
            event("dossier.supplement_completed", "D1", "2026-11-09T08:00:00+07:00", unit="H26.1"),
        ],
    )
    assert due(store) == "2026-11-11 17:00"


def test_a_given_appointment_holds_unless_the_clock_stood_after_it(store: Client) -> None:
    put(
        store,
        [
            *UNITS,
            *calendar(),
            procedure("P"),
            accepted("2026-11-02T08:00:00+07:00", due_at="2026-11-06T16:00:00+07:00"),
        ],
    )
    assert due(store) == "2026-11-06 16:00"
    put(
        store,
        [
            event("dossier.suspended", "D1", "2026-11-03T08:00:00+07:00", unit="H26.1"),
            event("dossier.resumed", "D1", "2026-11-04T08:00:00+07:00", unit="H26.1"),
        ],
    )
    assert due(store) == "2026-11-09 16:00"
    put(
        store,
        [
            event(
                "dossier.rescheduled",
                "D1",
                "2026-11-04T09:00:00+07:00",
                unit="H26.1",
                new_due="2026-11-12T10:00:00+07:00",
            )
        ],
    )
    assert due(store) == "2026-11-12 10:00"


def test_an_apology_alone_does_not_move_the_appointment(store: Client) -> None:
    put(store, [*UNITS, procedure("P"), accepted("2026-11-02T08:00:00+07:00", due_at="2026-11-06T16:00:00+07:00")])
    put(
        store,
        [
            event(
                "dossier.apology_sent",
                "D1",
                "2026-11-05T08:00:00+07:00",
                unit="H26.1",
                new_due="2026-11-20T16:00:00+07:00",
            )
        ],
    )
    assert due(store) == "2026-11-06 16:00"


def test_without_a_calendar_pauses_count_by_the_clock(store: Client) -> None:
    put(
        store,
        [
            unit("X", level="external"),
            event("dossier.accepted", "D1", "2011-03-01T08:00:00+01:00", unit="X", due_at="2011-03-10T08:00:00+01:00"),
        ],
    )
    put(store, [event("dossier.suspended", "D1", "2011-03-02T08:00:00+01:00", unit="X")])
    put(store, [event("dossier.resumed", "D1", "2011-03-04T08:00:00+01:00", unit="X")])
    assert due(store) == "2011-03-12 14:00"


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize(
    "term", [{"term": 90}, {"term": 90, "count_mode": "day"}, {"term": 90, "term_unit": "day", "count_mode": "day"}]
)
def test_an_appointment_beyond_the_known_calendar_is_not_told(
    store: Client, term: dict[str, Any], paused: bool
) -> None:
    steps = [
        event("dossier.supplement_requested", "D1", "2026-11-03T08:00:00+07:00", unit="H26.1"),
        event("dossier.supplement_completed", "D1", "2026-11-04T08:00:00+07:00", unit="H26.1"),
    ]
    handed_in = accepted("2026-11-02T08:00:00+07:00")
    put(store, [*UNITS, *calendar(), procedure("P", **term), handed_in, *(steps if paused else [])])
    assert due(store) is None


def test_reference_facts_that_come_late_or_change_are_followed(store: Client) -> None:
    put(store, [accepted(ACCEPTED_FRIDAY)])
    assert due(store) is None
    put(store, [*UNITS, *calendar(()), procedure("P", term=2)])
    assert due(store) == "2026-11-24 16:00"
    newer = event(
        "calendar.day_defined",
        "VN/2026-11-24",
        "2026-06-01T00:00:00+07:00",
        unit="H26",
        calendar="VN",
        date="2026-11-24",
        sessions=[],
    )
    put(store, [newer])
    assert due(store) == "2026-11-25 16:00"


def test_working_time_in_the_store_is_the_walked_one_for_ten_thousand_pairs(store: Client) -> None:
    """Any two instants of the calendar, at night, on days off and over lunch as well; to the millisecond."""
    dice, first = random.Random(11), datetime(2026, 10, 26, tzinfo=VIETNAM)
    reference = [*UNITS, *calendar()]
    pairs: dict[str, tuple[datetime, datetime]] = {}
    for n in range(10_000):
        start, end = sorted(first + timedelta(milliseconds=dice.randrange(60 * 86_400_000)) for _ in range(2))
        pairs[f"D{n}"] = start, end
    events = [
        event(f"dossier.{kind}", code, when.isoformat(timespec="milliseconds"), unit="H26.1")
        for code, pair in pairs.items()
        for kind, when in zip(("accepted", "completed"), pair, strict=True)
    ]
    put(store, reference)
    put(store, events)
    stored = {row[0]: row[1] for row in store.query("SELECT dossier, net_s FROM dossiers FINAL").result_rows}
    walked = calendars_of_units(reference)["H26.1"]
    expected = {code: int(walked.worked(*pair).total_seconds()) for code, pair in pairs.items()}
    assert stored == expected
    assert len({seconds for seconds in expected.values() if seconds}) > 4_000
