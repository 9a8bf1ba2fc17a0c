"""Hours after which a dossier counts as received on the next working day (working week Mon-Fri 08-12 and 13-17)."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.reference.files import parse
from contract.time import VIETNAM
from tests.support import event, put
from tests.warehouse.test_deadlines import UNITS, accepted, calendar, due, procedure
from warehouse.verify.procedures import terms_of
from warehouse.verify.working_time import Pause, appointment, calendars_of_units

THREE = [{"valid_from": "2026-01-01", "at": "15:00"}]
FRIDAY = "2026-11-20T{}+07:00"


@pytest.mark.parametrize(
    ("term", "clock", "expected"),
    [
        pytest.param({"term": 2}, "15:00:00", "2026-11-25 15:00", id="at the hour itself it is in time"),
        pytest.param({"term": 2}, "15:00:00.001", "2026-11-25 17:00", id="later counts from Monday, 08:00"),
        pytest.param({"term": 4, "term_unit": "hour"}, "16:00:00", "2026-11-23 12:00", id="hours from Monday, 08:00"),
        pytest.param({"term": 2, "count_mode": "day"}, "14:59:00", "2026-11-25 17:00", id="Friday is left out"),
        pytest.param({"term": 2, "count_mode": "day"}, "15:01:00", "2026-11-26 17:00", id="Monday is left out"),
        pytest.param({"term": 8, "term_unit": "day", "count_mode": "day"}, "16:00:00", "2026-12-01 17:00", id="days"),
        pytest.param({"term": 2}, "18:00:00", "2026-11-25 17:00", id="after closing nothing changes"),
        pytest.param(
            {"term": 2, "cutoffs": [{"valid_from": "2026-11-21", "at": "15:00"}]},
            "16:00:00",
            "2026-11-25 16:00",
            id="not in effect yet",
        ),
        pytest.param(
            {"term": 2, "cutoffs": [{"valid_from": "9999-12-31", "at": "15:00"}]},
            "16:00:00",
            "2026-11-25 16:00",
            id="never in effect",
        ),
        pytest.param(
            {"term": 2, "cutoffs": [{"valid_from": "0001-01-01", "at": "15:00"}]},
            "16:00:00",
            "2026-11-25 17:00",
            id="always in effect",
        ),
        pytest.param(
            {"term": 2, "cutoffs": [*THREE, {"valid_from": "2026-11-20"}]},
            "16:00:00",
            "2026-11-25 16:00",
            id="given up on that day",
        ),
        pytest.param(
            {"term": 2, "cutoffs": [*THREE, {"valid_from": "2026-11-20", "at": "16:00"}]},
            "16:00:00",
            "2026-11-25 16:00",
            id="later since that day",
        ),
    ],
)
def test_a_term_begins_with_the_next_working_day_after_the_cut_off(
    store: Client, term: dict[str, Any], clock: str, expected: str
) -> None:
    put(store, [*UNITS, *calendar(), procedure("P", **{"cutoffs": THREE, **term}), accepted(FRIDAY.format(clock))])
    assert due(store) == expected


def test_an_appointment_that_was_given_stays(store: Client) -> None:
    given = accepted(FRIDAY.format("16:00:00"), due_at="2026-11-23T09:00:00+07:00")
    put(store, [*UNITS, *calendar(), procedure("P", term=2, cutoffs=THREE), given])
    assert due(store) == "2026-11-23 09:00"


@pytest.mark.parametrize(
    ("policy", "answered", "expected"),
    [
        # The clock had not begun on Friday; from Monday 08:00 it stood for two hours.
        ("shift", "2026-11-20T16:50:00+07:00", "2026-11-23 17:00"),
        ("shift", "2026-11-23T10:00:00+07:00", "2026-11-25 10:00"),
        # Complete papers that come after the cut-off let the term begin with the next working day as well.
        ("restart", "2026-11-23T14:00:00+07:00", "2026-11-25 14:00"),
        ("restart", "2026-11-23T15:30:00+07:00", "2026-11-25 17:00"),
    ],
)
def test_the_clock_neither_stands_nor_runs_before_it_begins(
    store: Client, policy: str, answered: str, expected: str
) -> None:
    steps = [
        accepted(FRIDAY.format("15:30:00")),
        event("dossier.supplement_requested", "D1", FRIDAY.format("16:00:00"), unit="H26.1"),
        event("dossier.supplement_completed", "D1", answered, unit="H26.1"),
    ]
    term = procedure("P", term=1, supplement_policy=policy, cutoffs=THREE)
    put(store, [*UNITS, *calendar(), term, *steps])
    assert due(store) == expected


def random_procedure(code: str, dice: random.Random) -> dict[str, Any]:
    unit_of_term = dice.choice(["hour", "working_day", "day"])
    days = sorted(dice.sample(range(60), dice.randrange(4)))
    cutoffs = [
        {
            "valid_from": str(date(2026, 10, 26) + timedelta(days=n)),
            **({"at": f"{dice.randrange(7, 19):02}:{dice.randrange(60):02}"} if dice.random() < 0.8 else {}),
        }
        for n in days
    ]
    return procedure(
        code,
        term=dice.randrange(1, 10),
        term_unit=unit_of_term,
        count_mode="day" if unit_of_term == "day" else dice.choice(["hour", "day"]),
        supplement_policy=dice.choice(["shift", "restart"]),
        cutoffs=cutoffs,
    )


def test_appointments_in_the_store_are_the_walked_ones_for_ten_thousand_dossiers(store: Client) -> None:
    """Any instants to the millisecond, 200 procedures with up to three cut-offs, one pause or none."""
    dice, first = random.Random(12), datetime(2026, 10, 26, tzinfo=VIETNAM)
    procedures = {f"P{n}": random_procedure(f"P{n}", dice) for n in range(200)}
    reference = [*UNITS, *calendar(), *procedures.values()]
    walked = calendars_of_units(reference)["H26.1"]
    events, expected = [], {}
    for n in range(10_000):
        at = sorted(first + timedelta(milliseconds=dice.randrange(40 * 86_400_000)) for _ in range(3))
        code, pauses = dice.choice(list(procedures)), [Pause(at[1], at[2])] if dice.random() < 0.5 else []
        if dice.random() < 0.5:
            pauses = [Pause(at[0] + (pause.start - at[0]) / 40, pause.end) for pause in pauses]
        steps = [("accepted", at[0]), *(("suspended", p.start) for p in pauses), *(("resumed", p.end) for p in pauses)]
        events += [
            event(
                f"dossier.{kind}",
                f"D{n}",
                when.isoformat(timespec="milliseconds"),
                unit="H26.1",
                **({"procedure": code} if kind == "accepted" else {}),
            )
            for kind, when in steps
        ]
        stood = [Pause(*(_millisecond(instant) for instant in pause)) for pause in pauses]
        expected[f"D{n}"] = appointment(walked, terms_of(procedures[code]["data"]), at[0], None, stood)
    put(store, reference)
    put(store, events)
    query = "SELECT dossier, toTimeZone(due_at, 'Asia/Ho_Chi_Minh') FROM dossiers FINAL"
    stored = {code: at and at.astimezone(VIETNAM) for code, at in store.query(query).result_rows}
    assert {code: (stored[code], at) for code, at in expected.items() if stored[code] != at} == {}
    assert len({at for at in expected.values() if at}) > 2_000


def _millisecond(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("15:00", "cutoffs: '15:00' is not like 2024-07-01/15:00"),
        ("2024-07-01/25:00", "cutoffs"),
        ("2024-13-01/15:00", "cutoffs"),
        ("2026-01-01/15:00 2024-07-01/16:00", "must name each day once, in order"),
    ],
)
def test_a_wrong_cut_off_is_told_with_its_line(cell: str, fault: str) -> None:
    text = f"# as of: 2026-01-01T00:00:00+07:00\ncode,name_vi,unit,cutoffs\nP-1,Một,H26,\nP-2,Hai,H26,{cell}\n"
    parsed = parse({"procedures.csv": text}, "reference/test", lambda _device: "0" * 64)
    assert [(each.file, each.line) for each in parsed.faults] == [("procedures.csv", 4)]
    assert fault in parsed.faults[0].message
