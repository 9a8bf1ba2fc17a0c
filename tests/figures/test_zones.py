"""Days and hours of a unit are those of the zone of its calendar."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from contract.events.envelope import decode
from contract.events.refusals import Refusal
from contract.reference.export import texts
from contract.reference.files import parse
from tests.support import event, logged, put, put_lines, unit
from tests.warehouse.test_deadlines import procedure
from tests.warehouse.test_verify import verified
from warehouse.verify.all_units import rules_of
from warehouse.verify.dossiers import fold

ZONES = (
    *("Asia/Ho_Chi_Minh", "Europe/Amsterdam", "America/Los_Angeles", "America/Havana", "Australia/Lord_Howe"),
    *("America/Asuncion", "Africa/Cairo", "Pacific/Kiritimati", "Atlantic/Azores", "Asia/Kathmandu"),
)
FIRST = date(2024, 3, 1)


def zone(calendar: str, name: str, **data: Any) -> dict[str, Any]:
    return event("calendar.defined", calendar, "2024-01-01T00:00:00Z", unit="W", zone=name, **data)


def days(calendar: str, first: date, count: int, *sessions: list[str]) -> list[dict[str, Any]]:
    return [
        event(
            "calendar.day_defined",
            f"{calendar}/{day}",
            "2024-01-01T00:00:00Z",
            unit="W",
            calendar=calendar,
            date=str(day),
            sessions=[] if day.weekday() > 4 else list(sessions),
        )
        for day in (first + timedelta(days=n) for n in range(count))
    ]


def judged(store: Client, code: str) -> tuple[datetime, datetime, datetime]:
    rows = store.query(
        "SELECT due_at, early_before, late_after FROM dossiers FINAL WHERE dossier = {code:String}",
        parameters={"code": code},
    ).result_rows
    due, early, late = (instant.replace(tzinfo=UTC) for instant in rows[0])
    return due, early, late


@pytest.mark.parametrize(
    ("name", "ends_on"),
    [("America/Los_Angeles", "2024-05-03T23:59:59.999-07:00"), ("Asia/Ho_Chi_Minh", "2024-05-04T23:59:59.999+07:00")],
)
def test_the_due_day_is_a_day_of_the_units_zone_also_without_known_days(store: Client, name: str, ends_on: str) -> None:
    """Due on the evening of 3 May in California, when it is 4 May in Vietnam; the calendar has a zone and no days."""
    given = {"due_at": "2024-05-03T20:00:00-07:00"}
    put(store, [unit("W", calendar="C"), zone("C", name)])
    put(store, [event("dossier.accepted", "D1", "2024-04-29T09:00:00-07:00", unit="W", **given)])
    assert judged(store, "D1")[2] == datetime.fromisoformat(ends_on)
    assert verified(store, date(2024, 5, 3), date(2024, 5, 5)).differences == []


def test_sessions_and_cut_offs_are_told_by_the_clock_of_the_zone(store: Client) -> None:
    sessions = ["09:00", "17:00"]
    put(store, [unit("W", calendar="C"), zone("C", "Europe/Amsterdam"), *days("C", date(2024, 3, 25), 30, sessions)])
    put(
        store,
        [
            procedure("P", term=8, term_unit="hour"),
            procedure("Q", term=8, term_unit="hour", cutoffs=[{"valid_from": "2024-01-01", "at": "15:00"}]),
        ],
    )
    # A Friday; on Sunday the clock is put forward.
    for code, of, at in (("A", "P", "16:00"), ("B", "Q", "15:00"), ("C", "Q", "15:01")):
        put(store, [event("dossier.accepted", code, f"2024-03-29T{at}:00+01:00", unit="W", procedure=of)])
    due = [judged(store, code)[0].astimezone(ZoneInfo("Europe/Amsterdam")) for code in "ABC"]
    assert [f"{at:%m-%d %H:%M %z}" for at in due] == ["04-01 16:00 +0200", "04-01 15:00 +0200", "04-01 17:00 +0200"]


def test_a_zone_that_comes_late_moves_the_days_of_what_is_stored(store: Client) -> None:
    given = {"due_at": "2024-05-03T20:00:00-07:00"}
    put(store, [unit("W", calendar="C"), unit("W.1", "W"), *days("C", date(2024, 4, 1), 60, ["09:00", "17:00"])])
    put(store, [event("dossier.accepted", "D1", "2024-04-29T09:00:00-07:00", unit="W.1", **given)])
    before = judged(store, "D1")[2]
    put(store, [zone("C", "America/Los_Angeles")])
    assert judged(store, "D1")[2] == before - timedelta(hours=10)
    assert verified(store, date(2024, 5, 3), date(2024, 5, 5)).differences == []


def random_dossiers(dice: random.Random) -> list[dict[str, Any]]:
    """Around the days on which clocks are changed: terms of all kinds, cut-offs, pauses, given appointments."""
    events = []
    for n in range(1_500):
        code, where = f"D{n}", f"W.{dice.randrange(2 * len(ZONES))}"
        when = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(milliseconds=dice.randrange(270 * 86_400_000))
        given = (
            {"due_at": (when + timedelta(minutes=dice.randrange(30_000))).isoformat()} if dice.random() < 0.4 else {}
        )
        data = {"procedure": f"P{dice.randrange(6)}", **given}
        events.append(event("dossier.accepted", code, when.isoformat(timespec="milliseconds"), unit=where, **data))
        for kind in ("suspended", "resumed", "completed"):
            when += timedelta(milliseconds=dice.randrange(6 * 86_400_000))
            if dice.random() < (0.8 if kind == "completed" else 0.4):
                events.append(event(f"dossier.{kind}", code, when.isoformat(timespec="milliseconds"), unit=where))
    return events


def test_dossiers_in_any_zone_are_judged_alike_by_both_routes(store: Client) -> None:
    """The store's SQL and the walk through days, to the millisecond; half of the units know a zone and no days."""
    dice = random.Random(71)
    reference: list[dict[str, Any]] = [unit("W")]
    for n, name in enumerate(ZONES):
        reference += [zone(f"C{n}", name), zone(f"E{n}", name), unit(f"W.{n}", "W", calendar=f"C{n}")]
        reference += [unit(f"W.{n + len(ZONES)}", "W", calendar=f"E{n}")]
        reference += days(f"C{n}", FIRST, 330, ["00:00", "02:30"], ["08:00", "12:00"], ["13:00", "23:59"])
    cutoffs = [{"valid_from": "2024-04-01", "at": "15:00"}, {"valid_from": "2024-11-03", "at": "23:30"}]
    reference += [
        procedure("P0", term=12, term_unit="hour"),
        procedure("P1", term=3, cutoffs=cutoffs),
        procedure("P2", term=2, deadline_rule="instant"),
        procedure("P3", term=2, count_mode="day", cutoffs=cutoffs),
        procedure("P4", term=5, term_unit="day", count_mode="day"),
        procedure("P5", term=2, supplement_policy="restart"),
    ]
    events = random_dossiers(dice)
    put_lines(store, [logged(body) for body in events[::2]])
    put(store, reference)
    put_lines(store, [logged(body) for body in events[1::2]])
    rules = rules_of(reference)
    walked = {}
    for code in {body["subject"] for body in events}:
        folded = fold([body for body in events if body["subject"] == code], rules)
        walked[code] = (
            folded.due_at,
            folded.early_before,
            folded.late_after,
            None if folded.net is None else int(folded.net.total_seconds()),
        )
    rows = store.query("SELECT dossier, due_at, early_before, late_after, net_s FROM dossiers FINAL").result_rows
    served = {row[0]: (*(at and at.replace(tzinfo=UTC) for at in row[1:4]), row[4]) for row in rows}
    assert served == walked
    assert len({late for _, _, late, _ in served.values()}) > 500


def test_a_zone_that_nobody_knows_is_refused_and_leaves_vietnams_clock_if_it_came_past_the_door(store: Client) -> None:
    wrong = zone("C", "Mars/Olympus")
    decoded = decode(json.dumps(wrong).encode())
    assert isinstance(decoded, Refusal)
    assert decoded.detail.startswith("data.zone")
    line = logged(zone("C", "Europe/Paris")).replace(b"Europe/Paris", b"Mars/Olympus")
    put_lines(store, [logged(unit("W", calendar="C")), line])
    assert store.query("SELECT zone FROM unit_calendars FINAL").result_rows == [("Asia/Ho_Chi_Minh",)]


CALENDAR = """# as of: 2024-01-01T00:00:00Z
calendar,kind,date_from,date_to,weekdays,sessions,zone
C,zone,,,,,Europe/Amsterdam
C,week,2024-03-25,2024-03-26,1-5,09:00-17:00,
"""
UNITS = """# as of: 2024-01-01T00:00:00Z
code,name_vi,name_en,level,parent,valid_from,calendar
W,W,W,external,,2020-01-01,C
"""


def test_a_calendar_file_tells_its_zone_and_gives_it_back() -> None:
    parsed = parse({"units.csv": UNITS, "calendar.csv": CALENDAR}, "reference/test", lambda _device: "0" * 64)
    assert parsed.faults == []
    by_type = {body["type"]: body for body in parsed.events}
    assert (by_type["calendar.defined"]["subject"], by_type["calendar.defined"]["data"]["zone"]) == (
        "C",
        "Europe/Amsterdam",
    )
    again = parse(texts(parsed.events), "reference/test", lambda _device: "0" * 64)
    assert again.faults == []
    assert {body["id"] for body in again.events} == {body["id"] for body in parsed.events}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("C,zone,,,,,", "zone: is empty"),
        ("C,zone,,,,,Vietnam", "data.zone"),
        ("C,off,2024-03-27,2024-03-27,,,Europe/Paris", "zone: is for a line of the kind zone"),
    ],
)
def test_a_wrong_zone_in_a_calendar_file_is_said_with_its_line(line: str, fault: str) -> None:
    text = CALENDAR.replace("C,zone,,,,,Europe/Amsterdam", line)
    parsed = parse({"units.csv": UNITS, "calendar.csv": text}, "reference/test", lambda _device: "0" * 64)
    assert [str(each).partition(": ")[0] for each in parsed.faults] == ["calendar.csv:3"]
    assert fault in str(parsed.faults[0])
