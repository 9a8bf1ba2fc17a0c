"""Which procedures the city decides on, and when the national database is told. Pure.

From 2016 to February 2019 Hanoi published 399 new and 1,145 changed procedures (Hanoi Portal, 27/6/2020): about two
a working day. Here it is two, of those with few dossiers; that most are in time is assumed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, time

from sources.simulation.calendar import WORKING_DAY_S, WorkingTime, instant
from sources.simulation.place import Publication
from sources.simulation.telling import Step

RARE_A_YEAR = 5_000
FIRST_MORNING = time(10)
TOLD_AFTER_DAYS = (0, 2)
TOLD_LATE_AFTER_DAYS = 7
HOLDS_AFTER_DAYS = (6, 9)
HOLDS_EARLY_AFTER_DAYS = 3
LATE_SHARE = 0.04
"""Of both: told late, and decided too near to the day from which it holds."""


def decided_on(
    known: Sequence[Publication], day: date, seed: int, working_time: WorkingTime
) -> Iterator[tuple[str, Step]]:
    """The publications that were decided on a working day, each with its procedure; they may be told days later."""
    rare = sorted((one for one in known if one.data.get("annual_volume", 0) <= RARE_A_YEAR), key=lambda one: one.code)
    if not rare:
        return
    rng = random.Random(f"{seed}/{day}/publications")
    morning = instant(day, FIRST_MORNING)
    for after, holds_after in zip(TOLD_AFTER_DAYS, HOLDS_AFTER_DAYS, strict=True):
        chosen = rng.choice(rare)
        told_at = morning + rng.randrange(3_000)
        if days := TOLD_LATE_AFTER_DAYS if rng.random() < LATE_SHARE else after:
            told_at = working_time.add(told_at, days * WORKING_DAY_S)
        holds = working_time.add(
            morning, (HOLDS_EARLY_AFTER_DAYS if rng.random() < LATE_SHARE else holds_after) * WORKING_DAY_S
        )
        dates = {"decision_date": day.isoformat(), "effective_date": str(date.fromordinal(holds // 86_400))}
        yield chosen.code, Step(told_at, "procedure.updated", {**chosen.data, **dates})
