"""Decision 766, 1.1 and 1.2: a ministry has 20 and 10 working days, a province 5, by the level of who publishes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Figure, evaluate
from contract.time import VIETNAM
from tests.support import event, put, unit
from tests.warehouse.test_deadlines import calendar
from warehouse.read.counts import counts
from warehouse.read.periods import Period
from warehouse.verify.verify import Verification

UNITS = [unit("G09", level="ministry", calendar="VN"), unit("H26", level="city", calendar="VN")]
NOVEMBER = Period(datetime(2026, 11, 1, tzinfo=VIETNAM), datetime(2026, 12, 1, tzinfo=VIETNAM))


def published(code: str, by: str, reported: str, **days: str) -> dict[str, Any]:
    return event("procedure.published", code, f"{reported}T09:00:00+07:00", unit=by, name_vi=code, **days)


def figure(store: Client, name: str, by: str) -> Figure:
    indicator = catalogue().indicators[name]
    return evaluate(indicator, counts(store, {by: by}, NOVEMBER, indicator.measures())[by])


# Worked out by hand: 24 November is off. Twenty working days after Monday 26 October is Monday 23 November; ten after
# Monday 9 November is Monday the 23rd, ten after Tuesday 10 November is Wednesday the 25th.
@pytest.mark.parametrize(
    ("by", "decided", "holds", "in_time"),
    [
        ("G09", "2026-10-26", "2026-11-23", True),
        ("G09", "2026-10-27", "2026-11-23", False),
        ("G09", "2026-10-27", "2026-11-25", True),
        ("H26", "2026-10-27", "2026-11-03", True),
        ("H26", "2026-10-28", "2026-11-03", False),
    ],
)
def test_who_publishes_says_how_long_before_it_holds(
    store: Client, by: str, decided: str, holds: str, in_time: bool
) -> None:
    put(store, [*UNITS, *calendar(), published("P", by, decided, decision_date=decided, effective_date=holds)])
    served = figure(store, "Q766_1_1", by)
    assert (served.denominator, served.value) == (1, 100 if in_time else 0)


@pytest.mark.parametrize(
    ("by", "decided", "told", "in_time"),
    [
        ("G09", "2026-11-09", "2026-11-23", True),
        ("G09", "2026-11-09", "2026-11-25", False),
        ("G09", "2026-11-10", "2026-11-25", True),
        ("H26", "2026-11-09", "2026-11-16", True),
        ("H26", "2026-11-09", "2026-11-17", False),
    ],
)
def test_who_publishes_says_how_soon_the_national_database_is_told(
    store: Client, by: str, decided: str, told: str, in_time: bool
) -> None:
    put(store, [*UNITS, *calendar(), published("P", by, told, decision_date=decided)])
    served = figure(store, "Q766_1_2", by)
    assert (served.denominator, served.value) == (1, 100 if in_time else 0)


def test_both_ways_agree_also_where_the_calendar_ends_within_one_of_the_two_terms(store: Client) -> None:
    events = [
        published(f"P{n}-{by}", by, f"2026-{month}-{1 + n:02}", decision_date=f"2026-{month}-{1 + n:02}", **holds)
        for by in ("G09", "H26")
        for month in ("11", "12")
        for n in range(20)
        for holds in ({"effective_date": f"2026-{month}-{8 + n:02}"},)
    ]
    put(store, [*UNITS, *calendar(), *events])
    verification = Verification(store, date(2026, 11, 1), date(2026, 12, 24))
    assert list(verification.run())
    assert verification.compared > 500
    assert verification.differences == []


COHORTS = ("announced", "announced[announced_in_time]", "decided", "decided[updated_in_time]")


def word(at: str, **days: str) -> dict[str, Any]:
    return event("procedure.updated", "P", at, key=at, unit="H26", name_vi="P", effective_date="2026-11-12", **days)


def counted(store: Client) -> list[object]:
    served = counts(store, {"H26": "H26"}, NOVEMBER, frozenset(COHORTS))["H26"]
    return [served[name] for name in COHORTS]


IN_TIME = word("2026-11-09T09:00:00+07:00", decision_date="2026-11-05", public_date="2026-11-12")
LATE = word("2026-11-10T09:00:00+07:00", decision_date="2026-11-06", public_date="2026-11-16")
UNDECIDED = word("2026-11-11T09:00:00+07:00")


@pytest.mark.parametrize("calendar_comes_last", [False, True])
@pytest.mark.parametrize(("newest", "expected"), [(LATE, [1, 0, 1, 0]), (UNDECIDED, [0, 0, 0, 0])])
def test_the_newest_word_of_a_day_counts_and_a_calendar_may_come_late(
    store: Client, newest: dict[str, Any], expected: list[int], calendar_comes_last: bool
) -> None:
    put(store, [*UNITS, *([] if calendar_comes_last else calendar()), IN_TIME])
    if calendar_comes_last:
        assert counted(store) == [0, 0, 0, 0]
        put(store, calendar())
    assert counted(store) == [1, 1, 1, 1]
    put(store, [newest])
    assert counted(store) == expected
