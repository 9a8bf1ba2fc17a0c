"""Citizens' petitions (phản ánh, kiến nghị), from reception to rating. Pure."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from typing import Any

from sources.simulation.calendar import WORKING_DAY_S, UnknownDayError, WorkingTime
from sources.simulation.course import Step

# Number, subjects and outcomes are assumed. The limits that the figures compare them with are those of Decision
# 766/QĐ-TTg, indicator 5.2: refused within 2, papers asked for within 5, answered within 15, published within 2 more.
A_DAY_AND_POINT = 0.08
CATEGORIES = {"regulation": 40, "other": 45, "behaviour": 15}
ABOUT_A_DOSSIER_SHARE = 0.5
CONFIRMED_SHARE = 0.3
"""Of those on conduct."""

REFUSED_SHARE = 0.08
SUPPLEMENT_SHARE = 0.12
ANSWER_MEDIAN_DAYS, ANSWER_SIGMA, ANSWER_LONGEST_DAYS = 6.0, 0.45, 20.0
PUBLISHED_SHARE = 0.95
RATED_SHARE = 0.5
LIKED_SHARE = 0.8
REOPENED_SHARE = 0.3
"""Of those whose answer was disliked."""


def make_steps(rng: random.Random, working_time: WorkingTime, received: int, dossier: str) -> list[Step]:
    """All events of a petition received at that instant, in order of time; cut off where the calendar ends.

    ``dossier`` is the one that it may concern.
    """
    category = rng.choices(list(CATEGORIES), list(CATEGORIES.values()))[0]
    about = {"dossier": dossier} if rng.random() < ABOUT_A_DOSSIER_SHARE else {}
    steps = [Step(received, "petition.received", {"category": category, **about})]
    with suppress(UnknownDayError):
        for days, kind, data in _course(rng, category):
            steps.append(Step(working_time.add(steps[-1].at, max(60.0, days * WORKING_DAY_S)), kind, data))
    return steps


def _course(rng: random.Random, category: str) -> list[tuple[float, str, dict[str, Any]]]:
    """The events after reception, each with the working days since the event before it."""
    if rng.random() < REFUSED_SHARE:
        return [(rng.uniform(0.2, 1.9), "petition.refused", {})]
    events: list[tuple[float, str, dict[str, Any]]] = []
    if rng.random() < SUPPLEMENT_SHARE:
        events.append((rng.uniform(0.5, 4.0), "petition.supplement_asked", {}))
    confirmed = {"confirmed": rng.random() < CONFIRMED_SHARE} if category == "behaviour" else {}
    answer_days = min(ANSWER_LONGEST_DAYS, rng.lognormvariate(math.log(ANSWER_MEDIAN_DAYS), ANSWER_SIGMA))
    events.append((answer_days, "petition.resolved", confirmed))
    if rng.random() < PUBLISHED_SHARE:
        events.append((rng.uniform(0.1, 1.8), "petition.published", {}))
    if rng.random() < RATED_SHARE:
        like = rng.random() < LIKED_SHARE
        events.append((rng.uniform(0.1, 2.0), "petition.rated", {"like": like}))
        if not like and rng.random() < REOPENED_SHARE:
            events.append((rng.uniform(0.1, 1.0), "petition.rated", {"like": False, "reopened": True}))
    return events
