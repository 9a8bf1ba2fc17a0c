"""The procedures that the city decides on, and when they are reported to the national database. Pure.

From 2016 to February 2019 Hanoi published 399 new and 1,145 changed procedures (Hanoi Portal, 27/6/2020): about two
a working day. Here it is two, of those with few dossiers; that most are in time is assumed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, time

from sources.simulation.calendar import WORKING_DAY_S, WorkingTime, instant
from sources.simulation.course import Step
from sources.simulation.place import Publication

RARE_A_YEAR = 5_000
FIRST_MORNING = time(10)
REPORTED_AFTER_DAYS = (0, 2)
REPORTED_LATE_AFTER_DAYS = 7
HOLDS_AFTER_DAYS = (6, 9)
HOLDS_EARLY_AFTER_DAYS = 3
LATE_SHARE = 0.04
"""Of both: reported late, and decided too close to the day from which the decision holds."""


def decided_on(
    publications: Sequence[Publication], day: date, seed: int, working_time: WorkingTime
) -> Iterator[tuple[str, Step]]:
    """The publications that were decided on a working day, each with its procedure; they may be reported days later."""
    rare = sorted(
        (each for each in publications if each.data.get("annual_volume", 0) <= RARE_A_YEAR), key=lambda each: each.code
    )
    if not rare:
        return
    rng = random.Random(f"{seed}/{day}/publications")
    morning = instant(day, FIRST_MORNING)
    for after, holds_after in zip(REPORTED_AFTER_DAYS, HOLDS_AFTER_DAYS, strict=True):
        chosen = rng.choice(rare)
        reported_at = morning + rng.randrange(3_000)
        if days := REPORTED_LATE_AFTER_DAYS if rng.random() < LATE_SHARE else after:
            reported_at = working_time.add(reported_at, days * WORKING_DAY_S)
        holds = working_time.add(
            morning, (HOLDS_EARLY_AFTER_DAYS if rng.random() < LATE_SHARE else holds_after) * WORKING_DAY_S
        )
        dates = {"decision_date": day.isoformat(), "effective_date": str(date.fromordinal(holds // 86_400))}
        yield chosen.code, Step(reported_at, "procedure.updated", {**chosen.data, **dates})
