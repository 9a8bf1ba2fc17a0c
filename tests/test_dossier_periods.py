"""Dossiers of any period, however long, early or odd, are counted as a recount of each dossier counts them."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from contract.measures import OF_DOSSIERS
from tests.support import event, put
from warehouse.figures import Period, counts
from warehouse.recount_dossiers import Rules, count_standing, fold
from warehouse.working_time import Terms

SPRING = datetime.fromisoformat("2026-03-01T00:00:00+07:00")
UNITS = ("H26.1", "H26.2", "H26.3")
LENGTHS = [timedelta(minutes=7), timedelta(hours=5), *map(timedelta, (1, 2, 9, 30, 31, 75, 140))]


def life(dice: random.Random, code: str) -> list[dict[str, Any]]:
    """A dossier of three months, some of them never ended, never due, due for a year, or ended before acceptance."""
    when = SPRING + timedelta(minutes=dice.randrange(90 * 1440))
    home = dice.choice(UNITS)

    def at(kind: str, instant: datetime, **data: Any) -> dict[str, Any]:
        return event(f"dossier.{kind}", code, instant.isoformat(), unit=home, **data)

    steps = [at("submitted", when, procedure="P", channel=dice.choice(["online", "direct"]))]
    accepted = when + timedelta(minutes=dice.choice([0, 5, 3000, 50_000]))
    due = accepted + timedelta(hours=dice.choice([-30, 1, 8, 24, 100, 700, 2000, 9000]))
    given = {"due_at": due.isoformat()} if dice.random() < 0.9 else {}
    if dice.random() < 0.95:
        steps.append(at("accepted", accepted, channel="direct", **given))
    for _ in range(dice.choice([0, 0, 0, 1, 2])):
        asked = accepted + timedelta(minutes=dice.randrange(20_000))
        steps.append(at("supplement_requested", asked))
        if dice.random() < 0.8:
            # Papers that come at once move no appointment: here it is the given one.
            steps.append(at("supplement_completed", asked))
    ended = accepted + timedelta(minutes=dice.choice([-4000, 3, 600, 3000, 10_000, 40_000, 120_000]))
    if dice.random() < 0.9:
        steps.append(at(dice.choice(["completed", "completed", "withdrawn", "refused"]), ended))
    return steps


@pytest.mark.parametrize("seed", [51, 52, 53])
def test_dossiers_are_counted_in_any_period(store: Client, seed: int) -> None:
    dice = random.Random(seed)
    lives = [life(dice, f"D{n}") for n in range(300)]
    steps = [step for life in lives for step in life]
    dice.shuffle(steps)
    put(store, steps[: len(steps) // 2])
    put(store, steps[len(steps) // 2 :])
    rules = Rules(other_terms=Terms(deadline_rule="day"))
    dossiers = [fold(life, rules) for life in lives]
    for number in range(30):
        start = SPRING + timedelta(days=dice.randrange(-5, 120))
        if number % 2:
            start += timedelta(milliseconds=dice.randrange(86_400_000))
        period = Period(start, start + dice.choice(LENGTHS))
        expected = {unit: Counter(dict.fromkeys(OF_DOSSIERS, 0)) for unit in UNITS}
        for dossier in dossiers:
            count_standing(expected[dossier.unit], dossier, *period)
        served = counts(store, {unit: unit for unit in UNITS}, period, OF_DOSSIERS)
        for unit in UNITS:
            assert {name: served[unit][name] for name in OF_DOSSIERS} == expected[unit], (unit, period)
