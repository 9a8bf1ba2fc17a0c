"""Whatever is sent twice, late, shuffled or interrupted: every figure equals an independent recount."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.measures import MEASURES, OF_DOSSIERS
from stream.batch import Batch, batch_of
from tests.recount import recount
from tests.support import event, logged, rating, unit
from tests.test_warehouse_deadlines import Record
from warehouse import figures as warehouse_figures
from warehouse import store as warehouse_store
from warehouse.figures import Period, counts
from warehouse.store import insert_events, recompute

DAY = datetime.fromisoformat("2026-03-13T00:00:00+07:00")
PERIOD = Period(DAY, DAY + timedelta(days=1))
UNITS = ("H26.1", "H26.2")
ABOUT_RECORDING = {"delays_s"}


def a_day(seed: int, size: int = 60) -> list[dict[str, Any]]:
    """Ratings, tickets and dossiers of two units around one day, some of them odd: other units, missing steps."""
    dice = random.Random(seed)
    made: list[dict[str, Any]] = []
    for n in range(size):
        when = DAY + timedelta(minutes=dice.randrange(-300, 1700), seconds=dice.randrange(60))
        home, other = dice.sample(UNITS, 2)
        scale, top = dice.choice([("csat4", 4), ("csat5", 5), ("binary", 1), ("csat3", 3)])
        made.append(rating(home, when.isoformat(), dice.randint(top > 1, top), key=f"{seed}/{n}", scale=scale))
        step = when
        for kind in ("ticket_issued", "called", dice.choice(["served", "abandoned"])):
            if dice.random() < 0.9:
                where = home if dice.random() < 0.95 else other
                made.append(event(f"queue.{kind}", f"T{seed}-{n}", step.isoformat(), unit=where))
            step += timedelta(minutes=dice.randrange(40), seconds=dice.randrange(60))
        made += a_dossier(dice, f"D{seed}-{n}", when - timedelta(days=dice.randrange(3)), home, other)
    return made


def a_dossier(dice: random.Random, code: str, when: datetime, home: str, other: str) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []

    def add(kind: str, **data: Any) -> None:
        where = home if dice.random() < 0.95 else other
        made.append(event(f"dossier.{kind}", code, when.isoformat(), unit=where, **data))

    if dice.random() < 0.5:
        add("submitted", procedure="P", channel=dice.choice(["online", "direct"]))
        when += timedelta(minutes=dice.randrange(400))
    if dice.random() < 0.9:
        due = when + timedelta(hours=dice.randrange(1, 80))
        add("accepted", channel="direct", **({"due_at": due.isoformat()} if dice.random() < 0.8 else {}))
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        when += timedelta(minutes=dice.randrange(300))
        add("supplement_requested")
        # Papers that come at once, so that the clock does not stand: appointments are the given ones here.
        made.append(event("dossier.supplement_completed", code, when.isoformat(), unit=home))
    when += timedelta(hours=dice.randrange(60))
    ending = dice.choice(["completed", "completed", "withdrawn", "stopped", "refused", None])
    if ending:
        add(ending)
        if dice.random() < 0.6:
            when += timedelta(hours=dice.randrange(20))
            add("returned")
    return made


def figures(store: Client) -> dict[str, Any]:
    found = counts(store, dict.fromkeys(UNITS, "all"), PERIOD)["all"]
    return {name: value for name, value in found.items() if name not in ABOUT_RECORDING}


def expected(events: list[dict[str, Any]]) -> dict[str, Any]:
    found = recount(events, *PERIOD)
    return {name: found.get(name, {} if name == "waits_s" else 0) for name in MEASURES if name not in ABOUT_RECORDING}


def stored(store: Client, batch: Batch) -> None:
    insert_events(store, batch.lines)
    recompute(store, batch.touched)


def batches(events: list[dict[str, Any]], dice: random.Random) -> list[Batch]:
    cut, rest = [], events
    while rest:
        size = dice.randrange(1, 120)
        cut.append(batch_of([Record(logged(body)) for body in rest[:size]]))
        rest = rest[size:]
    return cut


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_count_equals_the_recount(store: Client, seed: int) -> None:
    events = a_day(seed)
    stored(store, batch_of([Record(logged(body)) for body in events]))
    assert figures(store) == expected(events)


@pytest.mark.parametrize("seed", [4, 5])
def test_shuffled_repeated_and_split_events_give_the_same_counts(store: Client, seed: int) -> None:
    events, dice = a_day(seed), random.Random(seed)
    sent = events + dice.sample(events, len(events) // 2)
    dice.shuffle(sent)
    for batch in batches(sent, dice):
        stored(store, batch)
    assert figures(store) == expected(events)


def test_a_batch_interrupted_at_any_step_and_read_again_counts_once(
    store: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each batch is first broken off after 0, 1, 2 … of its statements, as kill -9 would, then processed whole."""
    events, dice = a_day(6), random.Random(6)
    dice.shuffle(events)
    whole = warehouse_store._needed
    for number, batch in enumerate(batches(events, dice)):
        insert_events(store, batch.lines)
        with monkeypatch.context() as broken:
            broken.setattr(warehouse_store, "_needed", lambda touched, n=number: list(whole(touched))[: n % 7])
            recompute(store, batch.touched)
        stored(store, batch)
    assert figures(store) == expected(events)


def test_a_late_event_changes_the_figures_of_its_own_day(store: Client) -> None:
    events = a_day(7)
    late = [body for body in events if body["type"] in {"queue.ticket_issued", "dossier.accepted"}]
    stored(store, batch_of([Record(logged(body)) for body in events if body not in late]))
    before = figures(store)
    stored(store, batch_of([Record(logged(body)) for body in late]))
    assert figures(store) == expected(events) != before


def test_the_first_of_equal_events_stays(store: Client) -> None:
    tap = rating("H26.1", "2026-11-20T09:00:00+07:00")
    for hour in (3, 4):
        recorded_at = datetime.fromisoformat(f"2026-11-20T0{hour}:00:00+00:00")
        stored(store, batch_of([Record(logged(tap, recorded_at))]))
    assert store.query("SELECT recorded_at FROM events FINAL").result_rows[0][0].hour == 3


def test_units_without_any_event_have_zeros_not_absence(store: Client) -> None:
    stored(store, batch_of([Record(logged(unit("H26", level="city")))]))
    assert figures(store) == expected([])


def test_the_warehouse_counts_exactly_the_measures_of_the_contract(store: Client) -> None:
    stored(store, batch_of([Record(logged(body)) for body in a_day(8)]))
    parameters = {"units": list(UNITS), "targets": list(UNITS), **warehouse_figures._bounds(PERIOD)}
    columns = {
        query: set(store.query(warehouse_figures._sql(query), parameters=parameters).column_names) - {"target"}
        for query in ("hour_counts", "dossier_counts")
    }
    assert columns["dossier_counts"] == OF_DOSSIERS
    # How many waited, and how long in all, follows from how many waited how long.
    assert columns["hour_counts"] | {"waits", "waited_s"} == set(MEASURES) - OF_DOSSIERS
