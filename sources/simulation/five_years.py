"""Hanoi's dossiers of 2015–2019 as its reports count them: so many received, so many settled in time, to the dossier.

The total is that of the city's report on the one-stop reform of those years: 66,274,910 received, 65,731,793 on time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from contract.events.envelope import derived_id, new_event
from sources.simulation.calendar import instant, rfc3339
from sources.simulation.place import Point, Reference

RECEIVED, IN_TIME = 66_274_910, 65_731_793
FIRST, LAST = date(2015, 1, 1), date(2019, 12, 31)
SOURCE = "simulation/hanoi-2015-2019"
OPENS_S, OPEN_S = 8 * 3_600, 4 * 3_600
"""Dossiers are accepted in the morning, so that each is settled on another instant than it came."""
TERMS_DAYS = (1, 3, 5, 10, 15)
LATEST_DAYS = 10
"""A late one is settled at most so many days after its appointment."""


def size(scale: float) -> tuple[int, int]:
    """How many dossiers a share of the whole has, and how many of them in time; each rounded by itself."""
    return round(RECEIVED * scale), round(IN_TIME * scale)


def events(reference: Reference, seed: int, scale: float) -> Iterator[dict[str, Any]]:
    """Two events of each dossier, in the order of acceptance; the same for the same arguments.

    Dossiers follow one another evenly through the working days, the late ones evenly among them, the points by their
    volume. All are settled by the last day.
    """
    received, in_time = size(scale)
    points = _by_volume(reference)
    days = [day for day in _weekdays() if day + timedelta(days=max(TERMS_DAYS) + LATEST_DAYS) <= LAST]
    late_before = 0
    for n in range(received):
        nth_day, within_day = divmod(n * len(days), received)
        day, second = days[nth_day], OPENS_S + within_day * OPEN_S // received
        late = (n + 1) * (received - in_time) // received > late_before
        late_before += late
        # A step of a prime walks through all points and procedures before any comes again.
        point = points[(n * 7_919 + seed) % len(points)]
        procedure = point.procedures[(n * 104_729 + seed) % len(point.procedures)]
        term = TERMS_DAYS[n % len(TERMS_DAYS)]
        due = day + timedelta(days=term)
        done = due + timedelta(days=1 + n % LATEST_DAYS) if late else day + timedelta(days=n % (term + 1))
        code = f"{point.unit}-{day:%y%m%d}-{n:08}"
        accepted = {"procedure": procedure.code, "channel": "direct", "due_at": rfc3339(instant(due) + 17 * 3_600)}
        for kind, at, data in (
            ("dossier.accepted", instant(day) + second, accepted),
            ("dossier.completed", instant(done) + second + 4 * 3_600, {"outcome": "granted"}),
        ):
            yield new_event(
                kind,
                code,
                {"unit": point.unit, **data},
                source=SOURCE,
                time=rfc3339(at),
                event_id=derived_id("five_years", str(seed), code, kind),
            )


def _by_volume(reference: Reference) -> list[Point]:
    """The points, each so often as its volume is of the smallest's."""
    least = min(point.dossiers_a_day for point in reference.points)
    return [point for point in reference.points for _ in range(round(point.dossiers_a_day / least))]


def _weekdays() -> Iterator[date]:
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=n)
        if day.weekday() < 5:
            yield day
