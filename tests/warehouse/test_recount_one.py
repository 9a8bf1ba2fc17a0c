"""One figure recounted while somebody waits: it agrees with what is served, and says when it does not."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.time import midnight
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.day import working_day
from tests.recount import at
from tests.support import put
from tests.warehouse.test_deadlines import calendar
from tests.warehouse.test_exactness import a_day
from tests.warehouse.test_verify import DAY, TREE, petitions, put_recorded
from warehouse.read.periods import Period
from warehouse.verify.one_figure import events_to_read, recount

UNITS = ["H26", "H26.1", "H26.2"]


def of_day(day: date, days: int = 1) -> Period:
    return Period(midnight(day), midnight(day + timedelta(days=days)))


def test_every_indicator_of_a_simulated_day_is_recounted_as_it_is_served(store: Client) -> None:
    dice = random.Random(48)
    put(store, read(None).events)
    events = list(working_day(hanoi(), DAY, 48, 0.01))
    put_recorded(store, events, dice)
    within = sorted({body["data"]["unit"] for body in events})
    cases = 0
    for indicator in catalogue().indicators.values():
        recounted = recount(store, indicator, within, of_day(DAY))
        assert recounted.agreement == "equal", (indicator.id, recounted)
        cases += bool(recounted.recounted["denominator"])
    assert cases > 50


def test_petitions_are_recounted_as_they_are_served(store: Client) -> None:
    put(store, [*TREE, *calendar(), *petitions(random.Random(62))])
    recounts = [
        recount(store, indicator, UNITS, of_day(date(2026, 11, 1), 60))
        for indicator in catalogue().indicators.values()
        if any(measure.startswith("petition") for measure in indicator.measures())
    ]
    assert {recounted.agreement for recounted in recounts} == {"equal"}
    assert all(recounted.recounted["denominator"] for recounted in recounts)


def test_a_unit_is_recounted_without_its_neighbours(store: Client) -> None:
    events = a_day(49)
    put(store, TREE + events)
    rated = catalogue().indicators["SAT_CSAT"]
    whole, first, second = (recount(store, rated, units, of_day(DAY)) for units in (UNITS, UNITS[1:2], UNITS[2:]))
    assert first.recounted["n"]
    assert whole.recounted["n"] == (first.recounted["n"] or 0) + (second.recounted["n"] or 0)
    ratings = [body for body in events if body["type"] == "rating.submitted" and body["data"]["unit"] == UNITS[1]]
    own = [body for body in ratings if of_day(DAY).start <= at(body) < of_day(DAY).end]
    assert events_to_read(store, rated, UNITS[1:2], of_day(DAY)) == len(own) > first.recounted["n"]
    assert len(own) <= first.events_read <= len(own) + sum("replaces" in body["data"] for body in ratings)


@pytest.mark.parametrize(
    ("indicator", "table", "spoiling"),
    [
        ("SAT_CSAT", "hours_of_ratings", "satisfied + 2 AS satisfied"),
        (
            "Q766_2_1",
            "days_of_dossiers",
            "arrayMap((mark, n) -> mark + 2 * (n = 2), marks, arrayEnumerate(marks)) AS marks",
        ),
    ],
)
def test_a_spoilt_figure_differs_from_its_recount(store: Client, indicator: str, table: str, spoiling: str) -> None:
    put(store, TREE + a_day(47))
    store.command(f"INSERT INTO {table} SELECT * REPLACE ({spoiling}) FROM {table} FINAL WHERE unit = 'H26.1'")
    entry = catalogue().indicators[indicator]
    assert recount(store, entry, ["H26.1"], of_day(DAY)).agreement == "different"
    assert recount(store, entry, ["H26.2"], of_day(DAY)).agreement == "equal"
