"""What citizens petition about (phản ánh, kiến nghị), from being received to being rated. Pure."""

from __future__ import annotations

import math
import random
from contextlib import suppress
from typing import Any

from sources.simulation.calendar import WORKING_DAY_S, UnknownDayError, WorkingTime
from sources.simulation.telling import Step

# How many come, about what and with what end is assumed. The limits that they are held against are those of Decision
# 766/QĐ-TTg, indicator 5.2: refused within 2, papers asked for within 5, answered within 15, published within 2 more.
A_DAY_AND_POINT = 0.08
CATEGORIES = {"regulation": 40, "other": 45, "behaviour": 15}
ABOUT_A_DOSSIER_SHARE = 0.5
CONFIRMED_SHARE = 0.3
"""Of those on conduct."""

REFUSED_SHARE = 0.08
ASKED_SHARE = 0.12
ANSWER_MEDIAN_DAYS, ANSWER_SIGMA, ANSWER_LONGEST_DAYS = 6.0, 0.45, 20.0
PUBLISHED_SHARE = 0.95
RATED_SHARE = 0.5
LIKED_SHARE = 0.8
REOPENED_SHARE = 0.3
"""Of those whose answer was disliked."""


def petition(rng: random.Random, working_time: WorkingTime, received: int, dossier: str) -> list[Step]:
    """All that happens to one received then, in order of time; cut off where the calendar ends.

    ``dossier`` is the one it may be about.
    """
    category = rng.choices(list(CATEGORIES), list(CATEGORIES.values()))[0]
    about = {"dossier": dossier} if rng.random() < ABOUT_A_DOSSIER_SHARE else {}
    told = [Step(received, "petition.received", {"category": category, **about})]
    with suppress(UnknownDayError):
        for days, kind, data in _course(rng, category):
            told.append(Step(working_time.add(told[-1].at, max(60.0, days * WORKING_DAY_S)), kind, data))
    return told


def _course(rng: random.Random, category: str) -> list[tuple[float, str, dict[str, Any]]]:
    """What follows, each with the working days since what came before it."""
    if rng.random() < REFUSED_SHARE:
        return [(rng.uniform(0.2, 1.9), "petition.refused", {})]
    told: list[tuple[float, str, dict[str, Any]]] = []
    if rng.random() < ASKED_SHARE:
        told.append((rng.uniform(0.5, 4.0), "petition.supplement_asked", {}))
    confirmed = {"confirmed": rng.random() < CONFIRMED_SHARE} if category == "behaviour" else {}
    answer_days = min(ANSWER_LONGEST_DAYS, rng.lognormvariate(math.log(ANSWER_MEDIAN_DAYS), ANSWER_SIGMA))
    told.append((answer_days, "petition.resolved", confirmed))
    if rng.random() < PUBLISHED_SHARE:
        told.append((rng.uniform(0.1, 1.8), "petition.published", {}))
    if rng.random() < RATED_SHARE:
        like = rng.random() < LIKED_SHARE
        told.append((rng.uniform(0.1, 2.0), "petition.rated", {"like": like}))
        if not like and rng.random() < REOPENED_SHARE:
            told.append((rng.uniform(0.1, 1.0), "petition.rated", {"like": False, "reopened": True}))
    return told
