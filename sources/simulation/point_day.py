"""One day at one point at full volume: dossiers handed in, visits at the counters and their waiting times."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date
from heapq import heapreplace
from statistics import NormalDist

from sources.simulation.calendar import WorkingTime, instant
from sources.simulation.place import Point, ProcedureFacts
from sources.simulation.stories import COLLAPSE_MORE_VISITS, COLLAPSE_UNIT

SERVICE_MEDIAN_MIN = 6.0
SERVICE_SIGMA = 0.5
PATIENCE_MEDIAN_MIN = 50.0
PATIENCE_SIGMA = 0.5
COUNTER_LOAD = 0.85
"""Share of the day that an open counter is busy; the two peaks go above it and make people wait."""

FIRST_HOUR, DOORS_OPEN_S = 7, 45 * 60
LAST_HOUR, LAST_TICKET_S = 16, 40 * 60
"""Tickets are given from 7:45 to 16:40, and online dossiers handed in until then."""

WEEKDAY_VOLUME = (1.15, 1.05, 1.0, 0.95, 0.85, 0.6, 0.6)


def _lognormal(median: float, sigma: float) -> list[int]:
    """A hundred equally likely values: drawing one is several times quicker than drawing from the curve."""
    curve = NormalDist(math.log(median), sigma)
    return [round(math.exp(curve.inv_cdf((n + 0.5) / 100))) for n in range(100)]


_SERVICE_S = _lognormal(SERVICE_MEDIAN_MIN * 60, SERVICE_SIGMA)
_PATIENCE_S = _lognormal(PATIENCE_MEDIAN_MIN * 60, PATIENCE_SIGMA)

# Arrivals by local hour, in percent: two peaks, 9-10 and 14-15.
COUNTER_HOURS = {7: 3, 8: 11, 9: 21, 10: 15, 11: 7, 13: 10, 14: 18, 15: 12, 16: 3}
ONLINE_HOURS = {5: 1, 6: 3, 7: 6, 8: 12, 9: 15, 10: 13, 11: 8, 12: 5, 13: 8, 14: 13, 15: 10, 16: 6}
_COUNTER_HOURS = [hour for hour, percent in COUNTER_HOURS.items() for _ in range(percent)]
_ONLINE_HOURS = [hour for hour, percent in ONLINE_HOURS.items() for _ in range(percent)]

# Share of dossiers that run into trouble, by kind; each has one at most.
TROUBLE = {"late": 0.015, "supplement": 0.04, "suspended": 0.006}

# Percent handed in directly, and by post, by the procedure's service level; the rest comes online.
CHANNELS = {4: (26, 3), 3: (44, 5), 2: (90, 10)}
OTHER_VISITS_A_POINT = 14
OTHER_VISITS_A_BRANCH = 50


@dataclass(slots=True)
class Visit:
    """A person with a ticket. ``called`` and ``served`` are None when they left at ``abandoned``.

    ``share`` is the smallest scale that keeps it, unless it belongs to a submission.
    """

    n: int
    share: float
    arrived: int
    counter: int = 0
    called: int | None = None
    served: int | None = None
    abandoned: int | None = None
    submission: Submission | None = None


@dataclass(slots=True)
class Submission:
    """A dossier as it is handed in. ``counter`` is where, of a direct one; ``submitted`` when.

    ``share`` is the smallest scale that keeps it, so that a smaller scale keeps a part of what a larger one keeps.
    """

    n: int
    share: float
    submitted: int
    channel: str
    procedure: ProcedureFacts
    trouble: str | None = None
    counter: int = 0


@dataclass(frozen=True, slots=True)
class PointDay:
    """The day of a point: submissions in the order of their numbers, visits in the order of their tickets."""

    submissions: list[Submission]
    visits: list[Visit]
    open_counters: int


def point_day(point: Point, day: date, seed: int, working_time: WorkingTime, growth: float = 1.0) -> PointDay:
    """The same day for the same arguments, always. ``growth`` multiplies the volume."""
    rng = random.Random(f"{seed}/{day}/{point.unit}")
    volume = WEEKDAY_VOLUME[day.weekday()] * growth
    chosen = rng.choices(
        point.procedures,
        weights=[procedure.annual_volume for procedure in point.procedures],
        k=_poisson(rng, point.dossiers_a_day * volume),
    )
    midnight = instant(day)
    drafts = []
    for procedure in chosen:
        direct, post = CHANNELS[procedure.service_level]
        drawn = rng.random() * 100
        channel = "direct" if drawn < direct else "post" if drawn < direct + post else "online"
        drafts.append(
            (midnight + _moment(rng, _ONLINE_HOURS if channel == "online" else _COUNTER_HOURS), channel, procedure)
        )
    drafts.sort(key=lambda draft: draft[0])
    submissions = [
        Submission(n, rng.random(), at, channel, procedure, _trouble(rng))
        for n, (at, channel, procedure) in enumerate(drafts, 1)
    ]
    others = OTHER_VISITS_A_BRANCH if point.is_branch else OTHER_VISITS_A_POINT
    more = COLLAPSE_MORE_VISITS if point.unit == COLLAPSE_UNIT else 0
    arrivals: list[tuple[int, Submission | None]] = [
        (item.submitted, item) for item in submissions if item.channel == "direct"
    ]
    arrivals += [
        (midnight + _moment(rng, _COUNTER_HOURS), None) for _ in range(_poisson(rng, (others + more) * volume))
    ]
    visits, n_open = _serve_visits(rng, point, working_time.sessions(day), arrivals)
    return PointDay(submissions, visits, n_open)


def _poisson(rng: random.Random, mean: float) -> int:
    # Above 30 the normal curve is near enough, and quick.
    if mean > 30:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    n, left = 0, rng.random()
    while left > math.exp(-mean):
        left *= rng.random()
        n += 1
    return n


def _moment(rng: random.Random, hours: list[int]) -> int:
    """Seconds since midnight."""
    hour = hours[int(rng.random() * len(hours))]
    first = DOORS_OPEN_S if hour == FIRST_HOUR and hours is _COUNTER_HOURS else 0
    last = LAST_TICKET_S if hour == LAST_HOUR else 3_600
    return hour * 3_600 + first + int(rng.random() * (last - first))


def _trouble(rng: random.Random) -> str | None:
    drawn = rng.random()
    for kind, share in TROUBLE.items():
        if drawn < share:
            return kind
        drawn -= share
    return None


def _serve_visits(
    rng: random.Random,
    point: Point,
    sessions: list[tuple[int, int]],
    arrivals: list[tuple[int, Submission | None]],
) -> tuple[list[Visit], int]:
    arrivals.sort(key=lambda arrival: arrival[0])
    open_s = sum(closes - opens for opens, closes in sessions)
    if not open_s:
        return [], 0
    mean_s = SERVICE_MEDIAN_MIN * 60 * math.exp(SERVICE_SIGMA**2 / 2)
    n_open = min(len(point.counters), max(1, math.ceil(len(arrivals) * mean_s / open_s / COUNTER_LOAD)))
    # Each counter by the instant when it is free; the first of them takes the next person.
    free = [(sessions[0][0], counter) for counter in range(n_open)]
    visits = []
    for n, (arrived, submission) in enumerate(arrivals, 1):
        patience_s = _PATIENCE_S[int(rng.random() * 100)]
        service_s = _SERVICE_S[int(rng.random() * 100)]
        free_at, counter = free[0]
        called = _within(max(arrived + 5, free_at), sessions)
        visit = Visit(n, rng.random(), arrived, counter, submission=submission)
        visits.append(visit)
        waited_from = max(arrived, sessions[0][0])
        if submission is None and (called is None or called - waited_from > patience_s):
            visit.abandoned = min(waited_from + patience_s, sessions[-1][1])
            continue
        visit.called = called if called is not None else free_at
        visit.served = visit.called + service_s
        heapreplace(free, (visit.served + 10, counter))
        if submission is not None:
            submission.counter = counter
            submission.submitted = visit.called + service_s // 2
    return visits, n_open


def _within(at: int, sessions: list[tuple[int, int]]) -> int | None:
    """``at``, or the next opening when it falls between sessions; None after the last."""
    after = bisect_right([opens for opens, _ in sessions], at)
    if after and at < sessions[after - 1][1]:
        return at
    return sessions[after][0] if after < len(sessions) else None
