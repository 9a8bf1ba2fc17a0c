"""The second route: it agrees with what is served, and names what was spoilt."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.measures import value_of
from sources.reference.load import read
from sources.simulation.command import hanoi
from sources.simulation.day import working_day
from tests.support import event, logged, put, unit
from tests.warehouse.test_deadlines import calendar, procedure
from tests.warehouse.test_exactness import a_day, batches
from warehouse.read.counts import counts
from warehouse.read.periods import Period
from warehouse.verify.all_units import periods
from warehouse.verify.verify import Verification
from warehouse.write.store import insert_lines, new_batch, recompute, touched_kinds

DAY = date(2026, 3, 13)
TREE = [unit("H26", level="city", calendar="VN"), unit("H26.1", "H26"), unit("H26.2", "H26")]


def verified(store: Client, first: date | None = None, last: date | None = None) -> Verification:
    verification = Verification(store, first, last)
    steps = list(verification.run())
    assert steps[-1][0] == steps[-1][1]
    assert verification.compared > 500
    return verification


def put_recorded(store: Client, events: list[dict[str, Any]], dice: random.Random) -> None:
    """Stores events as recorded some time after they happened, a few much later."""
    batch = new_batch()
    lines = []
    for body in events:
        delay = timedelta(milliseconds=dice.randrange(900_000 if dice.random() < 0.9 else 300_000_000))
        lines.append(logged(body, datetime.fromisoformat(body["time"]) + delay))
    insert_lines(store, batch, lines)
    recompute(store, [batch], touched_kinds(store, [batch]))


def test_periods_are_days_and_the_parts_of_months_that_they_make() -> None:
    by_name = periods(date(2026, 1, 31), date(2026, 2, 2))
    assert list(by_name) == ["2026-01-31", "2026-01", "2026-02-01", "2026-02", "2026-02-02"]
    assert by_name["2026-01"] == by_name["2026-01-31"]
    assert by_name["2026-02"] == (by_name["2026-02-01"].start, by_name["2026-02-02"].end)


def test_a_simulated_day_with_late_and_repeated_events_is_served_as_recounted(store: Client) -> None:
    dice = random.Random(41)
    events = list(working_day(hanoi(), DAY, 41, 0.01))
    put(store, read(None).events)
    sent = events + dice.sample(events, len(events) // 4)
    late = dice.sample(range(len(sent)), len(sent) // 10)
    put_recorded(store, [body for n, body in enumerate(sent) if n not in set(late)], dice)
    put_recorded(store, [sent[n] for n in late], dice)
    assert len(events) > 2_000
    assert verified(store, DAY - timedelta(days=1), DAY).differences == []


@pytest.mark.parametrize("seed", [42, 43])
def test_odd_events_in_any_order_are_served_as_recounted(store: Client, seed: int) -> None:
    dice = random.Random(seed)
    events = TREE + a_day(seed)
    dice.shuffle(events)
    for batch in batches(events, dice):
        put_recorded(store, batch, dice)
    assert verified(store, DAY - timedelta(days=3), DAY + timedelta(days=2)).differences == []


TERMS = [
    procedure("HOURS", term=12, term_unit="hour"),
    procedure("DAYS", term=3),
    procedure("INSTANT", term=2, deadline_rule="instant"),
    procedure("BY_DAY", term=2, count_mode="day"),
    procedure("CALENDAR_DAYS", term=5, term_unit="day", count_mode="day"),
    procedure("RESTART", term=2, supplement_policy="restart"),
    procedure("CUT_OFF", term=2, cutoffs=[{"valid_from": "2026-11-05", "at": "15:00"}]),
    procedure(
        "CUT_OFF_RESTART",
        term=3,
        count_mode="day",
        supplement_policy="restart",
        cutoffs=[{"valid_from": "2026-01-01", "at": "10:30"}, {"valid_from": "2026-11-12"}],
    ),
    procedure("NONE"),
]
OF_SEED = {seed: [f"H26.{seed}", f"H26.{seed}B"] for seed in (44, 45, 46)}


def dossiers_by_the_calendar(seed: int) -> list[dict[str, Any]]:
    """Dossiers of two units of their own, with any of ``TERMS``, pauses in any order, some with a given appointment."""
    dice = random.Random(seed)
    terms = [body["subject"] for body in TERMS]
    events = []
    for n in range(150):
        code, term = f"D{seed}-{n}", dice.choice(terms)
        when = datetime.fromisoformat("2026-11-02T00:00:00+07:00") + timedelta(seconds=dice.randrange(20 * 86_400))
        due = {"due_at": (when + timedelta(hours=dice.randrange(90))).isoformat()} if dice.random() < 0.3 else {}
        where = dice.choice(OF_SEED[seed])
        events.append(event("dossier.accepted", code, when.isoformat(), unit=where, procedure=term, **due))
        for _ in range(dice.randrange(3)):
            requested, answered = dice.choice(
                [
                    ("dossier.supplement_requested", "dossier.supplement_completed"),
                    ("dossier.finance_requested", "payment.paid"),
                    ("dossier.suspended", "dossier.resumed"),
                ]
            )
            for kind in (requested, answered):
                when += timedelta(seconds=dice.randrange(100_000))
                paid: dict[str, Any] = {"online": True} if kind == "payment.paid" else {}
                events.append(event(kind, code, when.isoformat(), unit=where, **paid))
        when += timedelta(seconds=dice.randrange(8 * 86_400))
        if dice.random() < 0.8:
            events.append(
                event(f"dossier.{dice.choice(['completed', 'withdrawn'])}", code, when.isoformat(), unit=where)
            )
    return events


def petitions(dice: random.Random) -> list[dict[str, Any]]:
    """Petitions with any of their steps in any order, some never received, some after the last known day."""
    events = []
    for n in range(150):
        when = datetime.fromisoformat("2026-11-02T00:00:00+07:00") + timedelta(seconds=dice.randrange(40 * 86_400))
        for kind in ("received", "supplement_asked", "refused", "resolved", "published", "rated", "rated"):
            if dice.random() < 0.5 + 0.4 * (kind == "received"):
                body = event(f"petition.{kind}", f"PA{n}", when.isoformat(), unit=dice.choice(["H26.1", "H26.2"]))
                choices: dict[str, list[Any]] = {"category": ["regulation", "behaviour"]}
                choices |= {"confirmed": [True, False], "like": [True, False]}
                body["data"] |= {name: dice.choice(values) for name, values in choices.items() if dice.random() < 0.3}
                events.append(body | {"data": body["data"] | {"reopened": dice.random() < 0.1}})
                when += timedelta(seconds=dice.choice([3_000, 90_000, 200_000, 1_000_000]))
    dice.shuffle(events)
    return events


def test_procedures_in_force_are_served_as_recounted(store: Client) -> None:
    dice = random.Random(63)
    events = []
    for n in range(200):
        kind = dice.choice(["published", "updated", "updated", "abolished"])
        when = datetime.fromisoformat("2026-11-02T00:00:00+07:00") + timedelta(seconds=dice.randrange(40 * 86_400))
        body = event(f"procedure.{kind}", f"P{dice.randrange(60)}", when.isoformat(), unit="H26", key=str(n))
        if kind != "abolished":
            flags = ("full_online_eligible", "has_fee", "parts_complete", "online_payment", "restructured")
            body["data"] |= {name: dice.random() < 0.5 for name in flags if dice.random() < 0.7}
            body["data"] |= {"name_vi": "P", "service_level": dice.choice([2, 3, 4]), "annual_volume": n * 5}
        if dice.random() < 0.5:
            body["data"]["effective_date"] = f"2026-11-{dice.randrange(1, 31):02}"
        events.append(body)
    put(store, [*TREE, *events[:100]])
    put(store, events[100:])
    assert verified(store, date(2026, 11, 1), date(2026, 12, 15)).differences == []


BEGIN = datetime.fromisoformat("2026-11-02T00:00:00+07:00")
POINTS = [f"H26.1.{n}" for n in range(24)]


def publications() -> list[dict[str, Any]]:
    """Points that open and close, what they can, procedures published to them, and the dossiers that use these."""
    dice = random.Random(64)
    events: list[dict[str, Any]] = []

    def tell(kind: str, subject: str, at: str, **data: Any) -> None:
        events.append(event(kind, subject, at, key=str(len(events)), **data))

    for point in POINTS:
        since, to = (f"2026-{month:02}-{dice.randrange(1, 29):02}" for month in (dice.choice([1, 11]), 11))
        level = dice.choice(["branch", "service_point", "counter"])
        events.append(unit(point, "H26.1", level=level, valid_from=since))
        if dice.random() < 0.4:
            events[-1]["data"]["valid_to"] = to
    for n in range(300):
        moment = BEGIN + timedelta(seconds=dice.randrange(40 * 86_400))
        when, point, code = moment.isoformat(), dice.choice(POINTS), f"P{dice.randrange(40)}"
        if n < 100:
            decided, effective = (
                f"{moment + timedelta(days=dice.randrange(*days)):%Y-%m-%d}" for days in ((-9, 1), (-3, 9))
            )
            days = {"decision_date": decided, "effective_date": effective, "public_date": f"{moment:%Y-%m-%d}"}
            given_days = {name: day for name, day in days.items() if dice.random() < 0.8}
            flags = {"service_level": dice.choice([2, 3]), "has_fee": dice.random() < 0.5, "name_vi": "P"}
            tell("procedure.updated", code, when, unit=dice.choice(["H26", "H26.1"]), **flags, **given_days)
        elif n < 140:
            capability = {dice.choice(["digitisation_workflow", "e_certified_copy"]): dice.random() < 0.7}
            tell("point.capability", point, when, unit=point, **capability)
        else:
            channel = dice.choice(["online", "direct"])
            vneid = dice.random() < 0.3
            tell("dossier.submitted", f"D{n}", when, unit=point, procedure=code, channel=channel, via_vneid=vneid)
            if dice.random() < 0.3:
                tell("payment.paid", f"D{n}", when, unit=point, online=dice.random() < 0.5)
    dice.shuffle(events)
    return events


def test_two_months_of_all_that_goes_by_the_calendar_are_served_as_recounted_also_when_it_comes_late(
    store: Client,
) -> None:
    """Appointments, petitions and publications in one store: each day asked about costs, not what happened on it."""
    petitioned, published = petitions(random.Random(61)), publications()
    put(store, [*petitioned[: len(petitioned) // 2], *published[:200]])
    owners = [unit(code, "H26") for of_seed in OF_SEED.values() for code in of_seed]
    put(store, [*TREE, *owners, *calendar(), *TERMS])
    put(store, [*petitioned[len(petitioned) // 2 :], *published[200:]])
    for seed in OF_SEED:
        put_recorded(store, dossiers_by_the_calendar(seed), random.Random(seed))
    assert verified(store, date(2026, 11, 1), date(2026, 12, 31)).differences == []
    ids = ("Q766_1_1", "Q766_1_2", "Q766_3_2", "Q766_3_5B", "Q766_4_5A", "Q766_4_6", "DIG_POINTS")
    whole = Period(BEGIN, BEGIN + timedelta(days=43))
    served = counts(store, dict.fromkeys(["H26", "H26.1", *POINTS], "H26"), whole, catalogue().measures)["H26"]
    for name in ids:
        entry = catalogue().indicators[name]
        assert value_of(entry.numerator, served) > 0, name


SPOILT = [
    ("hours_of_ratings", "satisfied + 2 AS satisfied", {"SAT_CSAT numerator", "SAT_CSAT value", "satisfied"}),
    ("hours_of_tickets", "called_in_time + 2 AS called_in_time", {"OPS_WAIT_OK numerator", "tickets_called_in_time"}),
    (
        "days_of_dossiers",
        "arrayPushBack(returned_hours, 10) AS returned_hours",
        {"dossiers_returned"},
    ),
    ("hours_of_events", "events + 2 AS events", {"DQ_FRESH denominator", "events"}),
    (
        "days_of_dossiers",
        "arrayMap((mark, n) -> mark + 2 * (n = 2), marks, arrayEnumerate(marks)) AS marks",
        {"Q766_2_1 numerator"},
    ),
    (
        "days_of_dossiers",
        "mapApply((key, count) -> (key, count + 2), cases) AS cases",
        {"ONL_DOSSIER_RATE denominator", "SUP_RATE denominator", "TIM_EARLY_RATE denominator"},
    ),
]


@pytest.mark.parametrize(("table", "spoiling", "named"), SPOILT)
def test_a_spoilt_row_is_found_and_named(store: Client, table: str, spoiling: str, named: set[str]) -> None:
    put(store, TREE + a_day(47))
    spoilt = f"SELECT * REPLACE ({spoiling}) FROM {table} FINAL"
    store.command(f"INSERT INTO {table} {spoilt} WHERE unit = 'H26.1'")
    differences = verified(store, DAY, DAY).differences
    assert named <= {difference.what for difference in differences}
    # What is wrong below is wrong above, and nowhere else.
    assert {"H26.1"} <= {difference.unit for difference in differences} <= {"H26", "H26.1"}


def test_an_empty_store_has_nothing_to_compare(store: Client) -> None:
    verification = Verification(store)
    assert list(verification.run()) == []
    assert (verification.compared, verification.differences) == (0, [])
