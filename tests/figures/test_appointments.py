"""Figures of nothing: dossiers without an appointment, units without a calendar, and the one rule of lateness."""

from __future__ import annotations

from datetime import date, datetime
from importlib.resources import files
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Figure, evaluate
from contract.indicators.missing import texts
from contract.time import VIETNAM
from sources.reference.load import read
from tests.support import event, put, unit
from tests.warehouse.test_deadlines import calendar, procedure
from tests.warehouse.test_verify import verified
from warehouse.read.evidence import dossiers
from warehouse.read.last_year_fallback import counts_of
from warehouse.read.periods import Period
from warehouse.verify.working_time import Terms, appointment, calendars_of_units

NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=VIETNAM), datetime(2026, 12, 1, tzinfo=VIETNAM))
DAYS = date(2026, 11, 25), date(2026, 11, 27)
ON_TIME = (
    "Q766_2_1",
    "Q766_5_4",
    "TIM_EARLY_RATE",
    "TIM_OVERDUE_RATE",
    "TIM_DUE_SOON",
    "LTH_ONTIME",
    "ND61_1",
    "ND61_7",
)


def figures(store: Client, *names: str) -> dict[str, Figure]:
    wanted = [catalogue().indicators[name] for name in names]
    counts = counts_of(store, {"X": "X"}, NOVEMBER, wanted)["X"]
    return {indicator.id: evaluate(indicator, counts) for indicator in wanted}


def dossier(code: str, *steps: tuple[str, str], procedure: str = "P", **data: Any) -> list[dict[str, Any]]:
    """A dossier of unit X: its acceptance with ``data``, then steps with their day and hour in November 2026."""
    events = [event("dossier.accepted", code, "2026-11-02T08:00:00+07:00", unit="X", procedure=procedure, **data)]
    return events + [event(f"dossier.{kind}", code, f"2026-11-{at}:00+07:00", unit="X") for kind, at in steps]


def half_settled(**data: Any) -> list[dict[str, Any]]:
    settled = [dossier(f"D{n}", ("completed", "20T09:00"), **data) for n in range(20)]
    return [body for steps in [*settled, *(dossier(f"O{n}", **data) for n in range(5))] for body in steps]


def points(name: str, figure: Figure) -> float | None:
    components = catalogue().rule_set_of[name].components
    return components[name].points(figure, "service_point").points


def test_without_any_appointment_nothing_is_on_time_and_no_points_are_given(store: Client) -> None:
    put(store, [unit("X"), procedure("P", linked_service="L"), *half_settled()])
    served = figures(store, *ON_TIME)
    assert {(figure.status, figure.value, figure.reason) for figure in served.values()} == {
        ("not_available", None, "no_appointment")
    }
    assert [points(name, served[name]) for name in ("Q766_2_1", "Q766_5_4", "ND61_1", "ND61_7")] == [None] * 4
    lacking = figures(store, "DQ_NO_APPOINTMENT", "DQ_NO_CALENDAR")
    assert (lacking["DQ_NO_APPOINTMENT"].value, lacking["DQ_NO_CALENDAR"].value) == (100, 0)
    assert verified(store, *DAYS).differences == []


def test_a_term_that_finds_no_calendar_is_said_until_there_is_one(store: Client) -> None:
    put(store, [unit("X"), procedure("P", term=5, linked_service="L"), *half_settled()])
    served = figures(store, *ON_TIME, "DQ_NO_CALENDAR")
    assert served["DQ_NO_CALENDAR"].value == 25
    assert {served[name].reason for name in ON_TIME} == {"no_calendar", "no_appointment"}
    assert served["Q766_2_1"].reason == "no_calendar"
    assert verified(store, *DAYS).differences == []
    put(store, [unit("X", calendar="VN") | {"time": "2026-01-01T00:00:00+07:00"}, *calendar()])
    served = figures(store, *ON_TIME, "DQ_NO_CALENDAR")
    assert (served["Q766_2_1"].value, served["TIM_OVERDUE_RATE"].value, served["DQ_NO_CALENDAR"].value) == (0, 100, 0)
    assert verified(store, *DAYS).differences == []


def test_the_unappointed_stand_aside_and_the_others_count(store: Client) -> None:
    due = {"due_at": "2026-11-25T17:00:00+07:00"}
    counted = [body for n in range(10) for body in dossier(f"C{n}", ("completed", f"{20 + n}T09:00"), **due)]
    put(store, [unit("X"), procedure("P"), *half_settled(), *counted])
    served = figures(store, "Q766_2_1", "TIM_EARLY_RATE", "ND61_1")
    assert [(figure.numerator, figure.denominator) for figure in served.values()] == [(6, 10), (5, 10), (11, 10)]
    assert verified(store, *DAYS).differences == []


def test_list_and_indicators_call_the_same_dossiers_late(store: Client) -> None:
    """Asked for papers twice and open: late at once, if there is an appointment."""
    due = {"due_at": "2026-11-25T17:00:00+07:00"}
    far = {"due_at": "2026-12-25T17:00:00+07:00"}
    twice = [(f"supplement_{kind}", f"0{day}T09:00") for day in (3, 4) for kind in ("requested", "completed")]
    events = [
        *(body for n in range(12) for body in dossier(f"T{n}", ("completed", "20T09:00"), **due)),
        *(body for n in range(2) for body in dossier(f"L{n}", ("completed", "27T09:00"), **due)),
        *(body for n in range(3) for body in dossier(f"A{n}", *twice, **far)),
        *(body for n in range(4) for body in dossier(f"P{n}", **due)),
        *(body for n in range(2) for body in dossier(f"N{n}", *twice)),
        *(body for n in range(2) for body in dossier(f"W{n}", *twice, ("withdrawn", "20T09:00"), **due)),
    ]
    put(store, [unit("X"), procedure("P"), *events])
    late = [row["dossier"] for row in dossiers(store, ["X"], NOVEMBER, state="overdue")]
    assert sorted(late) == ["A0", "A1", "A2", "L0", "L1", "P0", "P1", "P2", "P3"]
    served = figures(store, "Q766_2_1", "TIM_OVERDUE_RATE")
    in_time, overdue = served["Q766_2_1"], served["TIM_OVERDUE_RATE"]
    assert (in_time.denominator - (in_time.numerator or 0), in_time.denominator) == (9, 23)
    assert (overdue.numerator, overdue.denominator) == (9, 23)
    assert verified(store, *DAYS).differences == []


def test_petitions_without_a_calendar_give_no_full_points(store: Client) -> None:
    put(store, [unit("X"), event("petition.received", "PA1", "2026-11-02T08:00:00+07:00", unit="X")])
    served = figures(store, "Q766_5_2", "Q766_5_3", "ND61_8")
    assert {figure.reason for figure in served.values()} == {"no_calendar_for_petitions"}
    assert {points(name, figure) for name, figure in served.items()} == {None}
    assert {points(name, Figure("not_available", None, None, 0, 0, None, "no_cases")) for name in served} == {6.0, 2.0}
    assert verified(store, *DAYS).differences == []


def test_every_reason_is_told_in_both_languages_and_used() -> None:
    used = {each.reason for indicator in catalogue().indicators.values() for each in indicator.unjudged} | {
        "no_cases",
        "too_few",
    }
    assert texts().keys() == used
    assert all(text["vi"] and text["en"] for text in texts().values())


SPOILING = (
    "INSERT INTO dossiers SELECT * REPLACE (bitAnd(attributes, 1125899906842623) AS attributes) FROM dossiers FINAL",
    (
        "INSERT INTO dossier_days SELECT * REPLACE (late OR (again AND ended_at < '2100-01-01') AS late, "
        "bitAnd(attributes, 1125899906842623) AS attributes) FROM dossier_days FINAL"
    ),
    "INSERT INTO petitions SELECT * REPLACE (bitAnd(attributes, 63) AS attributes) FROM petitions FINAL",
    *(
        f"INSERT INTO {table} SELECT * REPLACE (arraySlice(marks, 1, 15) AS marks, map() AS cases) FROM {table} FINAL"
        for table in ("days_of_dossiers", "months_of_dossiers")
    ),
)
"""What takes from rows what the migration gave them."""


def test_a_store_of_before_is_brought_up_by_the_migration(store: Client) -> None:
    twice = [("supplement_requested", "03T09:00"), ("supplement_requested", "04T09:00"), ("completed", "05T09:00")]
    events = [*half_settled(), *dossier("N", *twice), *dossier("D", due_at="2026-11-25T17:00:00+07:00")]
    petition = event("petition.received", "PA1", "2026-11-02T08:00:00+07:00", unit="X")
    put(store, [unit("X"), procedure("P", term=5), *events, petition])
    for statement in SPOILING:
        store.command(statement)
    text = files("warehouse").joinpath("migrations", "0008_appointments.sql").read_text()
    for statement in text.split(";\n"):
        if "INSERT INTO" in statement:
            store.command("\n".join(line for line in statement.splitlines() if not line.startswith("--")))
    assert verified(store, *DAYS).differences == []
    assert figures(store, "DQ_NO_CALENDAR")["DQ_NO_CALENDAR"].value == 26


@pytest.mark.parametrize(
    ("accepted_at", "due"),
    [
        ("2025-12-31T08:00:00+07:00", "2026-01-06 17:00"),
        ("2025-12-31T09:00:00+07:00", "2026-01-07 09:00"),
        ("2026-01-08T08:00:00+07:00", "2026-01-10 17:00"),
        ("2026-01-08T09:00:00+07:00", "2026-01-12 09:00"),
    ],
)
def test_hanois_calendar_has_the_swap_of_january_2026(accepted_at: str, due: str) -> None:
    """Three working days by the hour: Friday 2 January is off, Saturday 10 January is worked."""
    hanoi = calendars_of_units(read(None).events)["H26"]
    due_at = appointment(hanoi, Terms(term=3), datetime.fromisoformat(accepted_at), None, [])
    assert due_at
    assert f"{due_at.astimezone(VIETNAM):%Y-%m-%d %H:%M}" == due
