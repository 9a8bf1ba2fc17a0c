"""Whatever is sent twice, late, shuffled or interrupted: every figure equals an independent recount."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import MEASURES
from tests.asides import asides
from tests.recount import recount, recount_steps
from tests.support import event, in_place_of, logged, put, put_lines, rating, unit
from warehouse.read import counts as warehouse_figures
from warehouse.read import periods as warehouse_periods
from warehouse.read.counts import counts, series
from warehouse.read.periods import Period
from warehouse.read.standings import MARKS, Sums, standing, work
from warehouse.sql import statement
from warehouse.write import store as warehouse_store
from warehouse.write.store import insert_lines, new_batch

DAY = datetime.fromisoformat("2026-03-13T00:00:00+07:00")
PERIOD = Period(DAY, DAY + timedelta(days=1))
UNITS = ("H26.1", "H26.2")
ABOUT_RECORDING = {"delays_s"}
MEASURED = catalogue().measures


def a_day(seed: int, size: int = 60) -> list[dict[str, Any]]:
    """Ratings, tickets and dossiers of two units around one day, some of them odd: other units, missing steps."""
    dice = random.Random(seed)
    events: list[dict[str, Any]] = []
    for n in range(size):
        when = DAY + timedelta(minutes=dice.randrange(-300, 1700), seconds=dice.randrange(60))
        home, other = dice.sample(UNITS, 2)
        scale, top = dice.choice([("csat4", 4), ("csat5", 5), ("binary", 1), ("csat3", 3)])
        about = {"dossier": f"D{seed}-{dice.randrange(size)}"} if dice.random() < 0.4 else {}
        events.append(
            rating(home, when.isoformat(), dice.randint(top > 1, top), key=f"{seed}/{n}", scale=scale, **about)
        )
        events += in_second_thoughts(dice, events[-1], top)
        if dice.random() < 0.1:
            commented_at = (when + timedelta(minutes=dice.randrange(30))).isoformat()
            events.append(event("rating.commented", events[-1]["id"], commented_at, unit=home, comment="Chờ lâu"))
        if dice.random() < 0.1:
            events.append(event("petition.received", f"PA{seed}-{n}", when.isoformat(), unit=other, **about))
        step = when
        for kind in ("ticket_issued", "called", dice.choice(["served", "abandoned"])):
            if dice.random() < 0.9:
                where = home if dice.random() < 0.95 else other
                events.append(event(f"queue.{kind}", f"T{seed}-{n}", step.isoformat(), unit=where))
            step += timedelta(minutes=dice.randrange(40), seconds=dice.randrange(60))
        events += a_dossier(dice, f"D{seed}-{n}", when - timedelta(days=dice.randrange(3)), home, other)
    return events


def in_second_thoughts(dice: random.Random, given: dict[str, Any], top: int) -> list[dict[str, Any]]:
    """Now and then another rating of the dossier in place of the one given, and another in place of that."""
    ratings: list[dict[str, Any]] = []
    former = given
    while "dossier" in given["data"] and dice.random() < 0.4:
        time = datetime.fromisoformat(former["time"]) + timedelta(minutes=dice.randrange(1, 1440))
        former = in_place_of(former, time.isoformat(), dice.randint(top > 1, top))
        ratings.append(former)
    return ratings


def a_dossier(dice: random.Random, code: str, when: datetime, home: str, other: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []

    def add(kind: str, **data: Any) -> None:
        where = home if dice.random() < 0.95 else other
        events.append(event(f"dossier.{kind}", code, when.isoformat(), unit=where, **data))

    if dice.random() < 0.5:
        add(
            "submitted", procedure="P", channel=dice.choice(["online", "direct", "post"]), via_vneid=dice.random() < 0.5
        )
        when += timedelta(minutes=dice.randrange(400))
    if dice.random() < 0.9:
        due = when + timedelta(hours=dice.randrange(1, 80))
        add("accepted", channel="direct", **({"due_at": due.isoformat()} if dice.random() < 0.8 else {}))
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        when += timedelta(minutes=dice.randrange(300))
        add("supplement_requested", **dice.choice([{}, {"by_fault": "applicant"}, {"by_fault": "agency"}]))
        # Papers that come at once, so that the clock does not stand: appointments are the given ones here.
        events.append(event("dossier.supplement_completed", code, when.isoformat(), unit=home))
    when += timedelta(hours=dice.randrange(60))
    ending = dice.choice(["completed", "completed", "withdrawn", "stopped", "refused", None])
    if ending:
        add(ending)
        if dice.random() < 0.6:
            when += timedelta(hours=dice.randrange(20))
            add("returned", **dice.choice([{}, {"channel": "post"}]))
    return events + asides(dice, code, home, when, share=0.1)


def figures(store: Client) -> dict[str, Any]:
    served = counts(store, dict.fromkeys(UNITS, "all"), PERIOD, MEASURED)["all"]
    return {name: value for name, value in served.items() if name not in ABOUT_RECORDING}


def expected(events: list[dict[str, Any]]) -> dict[str, Any]:
    recounted = recount(events, *PERIOD)
    return {
        name: recounted.get(name, {} if name == "waits_s" else 0) for name in MEASURED if name not in ABOUT_RECORDING
    }


def hours(store: Client) -> dict[datetime, dict[str, Any]]:
    """The figures by hour of Vietnam, those that are not zero."""
    by_hour = {}
    for row in series(store, UNITS, Period(DAY - timedelta(days=5), DAY + timedelta(days=9)), "hour"):
        starts_at = row.pop("starts_at").replace(tzinfo=UTC)
        if not_zero := {name: value for name, value in row.items() if value}:
            by_hour[starts_at] = not_zero
    return by_hour


def hours_expected(events: list[dict[str, Any]]) -> dict[datetime, dict[str, Any]]:
    """The same, recounted."""
    recounted = recount_steps(events, DAY - timedelta(days=5), DAY + timedelta(days=9))
    kept = {
        hour: {name: value for name, value in figures_of_hour.items() if value}
        for hour, figures_of_hour in recounted.items()
    }
    return {hour: figures_of_hour for hour, figures_of_hour in kept.items() if figures_of_hour}


def batches(events: list[dict[str, Any]], dice: random.Random) -> list[list[dict[str, Any]]]:
    cut, rest = [], events
    while rest:
        size = dice.randrange(1, 120)
        cut.append(rest[:size])
        rest = rest[size:]
    return cut


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_count_equals_the_recount(store: Client, seed: int) -> None:
    events = a_day(seed)
    put(store, events)
    assert figures(store) == expected(events)


@pytest.mark.parametrize("seed", [4, 5])
def test_shuffled_repeated_and_split_events_give_the_same_counts(store: Client, seed: int) -> None:
    events, dice = a_day(seed), random.Random(seed)
    sent = events + dice.sample(events, len(events) // 2)
    dice.shuffle(sent)
    for batch in batches(sent, dice):
        put(store, batch)
    assert figures(store) == expected(events)


class BrokenOffError(Exception):
    """The process ends here."""


@contextmanager
def broken_off_after(statements: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A block whose recomputation ends after so many statements, as kill -9 would end it."""
    run, left = warehouse_store._run, statements

    def run_some(client: Client, *which: Any) -> None:
        nonlocal left
        if not left:
            raise BrokenOffError
        left -= 1
        run(client, *which)

    with monkeypatch.context() as broken, suppress(BrokenOffError):
        broken.setattr(warehouse_store, "_run", run_some)
        yield


def test_a_batch_interrupted_at_any_step_and_read_again_counts_once(
    store: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is broken off after 0, 1, 2 … of its statements, as kill -9 would, then read again in other cuts."""
    events, dice = a_day(6), random.Random(6)
    dice.shuffle(events)
    for number, batch in enumerate(batches(events, dice)):
        with broken_off_after(number % 12, monkeypatch):
            put(store, batch)
        dice.shuffle(batch)
        for half in filter(None, (batch[::2], batch[1::2])):
            put(store, half)
    assert figures(store) == expected(events)
    assert hours(store) == hours_expected(events)


def test_a_late_event_changes_the_figures_of_its_own_day(store: Client) -> None:
    events = a_day(7)
    late = [body for body in events if body["type"] in {"queue.ticket_issued", "dossier.accepted"}]
    put(store, [body for body in events if body not in late])
    before = figures(store)
    put(store, late)
    assert figures(store) == expected(events) != before


def test_the_first_of_equal_events_stays(store: Client) -> None:
    tap = rating("H26.1", "2026-11-20T09:00:00+07:00")
    for hour in (3, 4):
        recorded_at = datetime.fromisoformat(f"2026-11-20T0{hour}:00:00+00:00")
        insert_lines(store, new_batch(), [logged(tap, recorded_at)])
    assert store.query("SELECT recorded_at FROM events FINAL").result_rows[0][0].hour == 3


def with_other_content(body: dict[str, Any]) -> dict[str, Any]:
    """The same id, unit, type and hour, and all else that figures are made of told otherwise."""
    data, minute = dict(body["data"]), datetime.fromisoformat(body["time"]).minute
    if "score" in data:
        data |= {"scale": "binary", "score": int(data["score"] < 2)}
    if "due_at" in data:
        data["due_at"] = (datetime.fromisoformat(data["due_at"]) - timedelta(days=2)).isoformat()
    at = datetime.fromisoformat(body["time"]).replace(minute=59 - minute).isoformat()
    return body | {"data": data, "time": at}


@pytest.mark.parametrize("first_comes_last", [False, True])
def test_of_one_id_with_two_contents_the_first_recorded_counts_in_every_figure(
    store: Client, first_comes_last: bool
) -> None:
    events = a_day(9)
    first = [logged(body, DAY + timedelta(days=30)) for body in events]
    second = [logged(with_other_content(body), DAY + timedelta(days=31)) for body in events]
    for lines in (second, first) if first_comes_last else (first, second, first):
        put_lines(store, lines)
    assert figures(store) == expected(events)
    assert hours(store) == hours_expected(events)
    put_lines(store, second)
    assert figures(store) == expected(events)


def test_units_without_any_event_have_zeros_not_absence(store: Client) -> None:
    put(store, [unit("H26", level="city")])
    assert figures(store) == expected([])


def test_the_warehouse_counts_exactly_the_measures_of_the_contract(store: Client) -> None:
    times = {"starts_at": DAY.isoformat(), "ends_at": (DAY + timedelta(hours=8)).isoformat()}
    events = [
        event("staff.shift", "CB-1", DAY.isoformat(), unit=UNITS[0], **times),
        event("point.capability", UNITS[0], DAY.isoformat(), unit=UNITS[0], results_in_force=9, results_digitised=4),
    ]
    put(store, [*a_day(8), *events])
    parameters = {"units": list(UNITS), "targets": list(UNITS), "step": "", **warehouse_periods.bounds(PERIOD)}
    given: set[str] = set()
    for query, measures in warehouse_figures.HOURLY_QUERIES.items():
        columns = set(store.query(statement("read", query), parameters=parameters).column_names)
        # And what follows from how many waited how long.
        assert measures - {"waits", "waited_s"} == columns & set(MEASURES), query
        given |= measures
    parameters |= warehouse_periods.days(PERIOD)
    for query, measures in warehouse_figures.INSTANT_QUERIES.items():
        columns = set(store.query(statement("read", query), parameters=parameters).column_names)
        assert measures == columns & set(MEASURES), query
        given |= measures
    of_sums = standing(Sums()).keys() | work(Sums()).keys()
    assert of_sums == warehouse_figures.MEASURES_OF_SUMS
    assert given | of_sums == set(MEASURES)
    assert not given & of_sums


def test_the_store_keeps_the_marks_in_the_order_in_which_they_are_read() -> None:
    migration = files("warehouse").joinpath("migrations", "0008_appointments.sql").read_text()
    listed = migration.partition("  [\n")[2].partition("  ] AS marks")[0]
    assert tuple(line.partition("-- ")[2] for line in listed.splitlines()) == MARKS


def test_a_shift_without_instants_that_came_past_the_door_stops_nothing(store: Client) -> None:
    hours = {"starts_at": "2026-03-13T08:00:00+07:00", "ends_at": "2026-03-13T12:00:00+07:00"}
    shifts = [
        event("staff.shift", "CB-1", DAY.isoformat(), unit=UNITS[0], **times)
        for times in (hours, hours | {"ends_at": "noon"}, {})
    ]
    put_lines(
        store, [json.dumps(shift | {"recordedtime": shift["time"], "sender": "test"}).encode() for shift in shifts]
    )
    assert store.query("SELECT count() FROM events FINAL").result_rows == [(3,)]
    assert store.query("SELECT count() FROM shifts FINAL").result_rows == [(1,)]
