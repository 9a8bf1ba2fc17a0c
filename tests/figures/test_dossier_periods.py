"""Dossiers of any period, however long, early or odd, are counted as a recount of each dossier counts them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.indicators.catalogue import catalogue
from contract.indicators.cohorts import OF_PETITIONS
from contract.indicators.measures import is_of_dossiers, measures_of
from tests.asides import asides
from tests.support import event, put
from tests.warehouse.test_deadlines import procedure
from warehouse.read.counts import counts
from warehouse.read.periods import Period
from warehouse.verify.all_units import rules_of
from warehouse.verify.dossiers import count_standing, count_work, fold
from warehouse.verify.events import Tally

SPRING = datetime.fromisoformat("2026-03-01T00:00:00+07:00")
UNITS = ("H26.1", "H26.2", "H26.3")
OF_OTHERS = measures_of("shift_counts", "stock_counts") | OF_PETITIONS
OF_DOSSIERS = {name for name in filter(is_of_dossiers, catalogue().measures) if name.partition("[")[0] not in OF_OTHERS}
OFFERED: dict[str, dict[str, Any]] = {
    "PAPER": {},
    "PART": {"service_level": 3, "has_fee": True, "requires_result": True},
    "WHOLE": {"service_level": 4, "full_online_eligible": True, "has_fee": True, "linked_service": "khai sinh"},
    "COULD": {"service_level": 2, "full_online_eligible": True, "requires_result": True},
}
LENGTHS = [timedelta(minutes=7), timedelta(hours=5), *map(timedelta, (1, 2, 9, 30, 31, 75, 140))]


def life(dice: random.Random, code: str) -> list[dict[str, Any]]:
    """A dossier of three months, some of them never ended, never due, due for a year, or ended before acceptance."""
    when = SPRING + timedelta(minutes=dice.randrange(90 * 1440))
    home = dice.choice(UNITS)

    def at(kind: str, instant: datetime, **data: Any) -> dict[str, Any]:
        return event(f"dossier.{kind}", code, instant.isoformat(), unit=home, **data)

    steps = [
        at(
            "submitted",
            when,
            procedure=dice.choice(list(OFFERED)),
            channel=dice.choice(["online", "direct", "post"]),
            via_vneid=dice.random() < 0.5,
            territory_unit=dice.choice(UNITS),
        )
    ]
    accepted = when + timedelta(minutes=dice.choice([0, 5, 3000, 50_000]))
    due = accepted + timedelta(hours=dice.choice([-30, 1, 8, 24, 100, 700, 2000, 9000]))
    given = {"due_at": due.isoformat()} if dice.random() < 0.9 else {}
    if dice.random() < 0.95:
        late = {"accept_due": (accepted - timedelta(minutes=dice.randrange(-5, 5))).isoformat()}
        steps.append(at("accepted", accepted, channel="direct", **given, **dice.choice([late, {}])))
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        requested_at = accepted + timedelta(minutes=dice.randrange(20_000))
        steps.append(at("supplement_requested", requested_at, **dice.choice([{}, {"by_fault": "applicant"}])))
        if dice.random() < 0.8:
            # Papers that come at once move no appointment: here it is the given one.
            steps.append(at("supplement_completed", requested_at))
    ended = accepted + timedelta(minutes=dice.choice([-4000, 3, 600, 3000, 10_000, 40_000, 120_000]))
    if dice.random() < 0.9:
        steps.append(at(dice.choice(["completed", "completed", "withdrawn", "refused"]), ended))
    if dice.random() < 0.4:
        steps.append(
            at("returned", ended + timedelta(hours=dice.randrange(90)), channel=dice.choice(["post", "direct"]))
        )
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        steps.append(at("rescheduled", accepted + timedelta(hours=dice.randrange(300)), new_due=due.isoformat()))
    return steps + asides(dice, code, home, accepted)


def is_misconduct(life: list[dict[str, Any]]) -> bool:
    """Whether a petition was received and found true."""
    payloads = {step["type"]: step["data"] for step in life}
    return "petition.received" in payloads and payloads.get("petition.resolved", {}).get("confirmed") is True


@pytest.mark.parametrize("seed", [51, 52, 53])
def test_dossiers_are_counted_in_any_period(store: Client, seed: int) -> None:
    dice = random.Random(seed)
    codes = [f"D{n}" for n in range(300)]
    lives = [life(dice, code) for code in codes]
    steps = [step for life in lives for step in life]
    dice.shuffle(steps)
    offers = [procedure(code, **offer) for code, offer in OFFERED.items()]
    put(store, offers)
    put(store, steps[: len(steps) // 2])
    put(store, steps[len(steps) // 2 :])
    rules = replace(rules_of(offers), misconduct={code for n, code in enumerate(codes) if is_misconduct(lives[n])})
    dossiers = [fold([step for step in life if step["type"] != "petition.resolved"], rules) for life in lives]
    for number in range(30):
        start = SPRING + timedelta(days=dice.randrange(-5, 120))
        if number % 2:
            start += timedelta(milliseconds=dice.randrange(86_400_000))
        period = Period(start, start + dice.choice(LENGTHS))
        expected = {unit: Tally() for unit in UNITS}
        for dossier in dossiers:
            count_standing(expected[dossier.unit].counts, dossier, *period)
            count_work(expected[dossier.unit], dossier, *period)
        served = counts(store, {unit: unit for unit in UNITS}, period, OF_DOSSIERS)
        for unit in UNITS:
            of_dossiers = {name: served[unit][name] for name in OF_DOSSIERS}
            assert {name: count for name, count in of_dossiers.items() if count} == {
                name: count for name, count in expected[unit].measures().items() if name in OF_DOSSIERS
            }, (unit, period)
