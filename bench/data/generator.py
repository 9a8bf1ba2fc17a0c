"""Events of many dossiers, made by the store itself straight into its raw table; the same for the same arguments.

What is assumed of a dossier (the figures in making/events.sql beside it):

- Units in proportion to their counters, procedures to their volumes and channels by service level, all as in the
  simulated day; every working day has as many dossiers as every other, with its peaks at 9 and 14 o'clock.
- Handed in at the counter (accepted within a minute) or online and by post (``dossier.submitted`` as well, accepted
  within hours). Every second procedure tells its appointment, for the others the store computes it.
- Done within 5 to 86 % of the procedure's term; 0.82 % later than the appointment, a twentieth of these much later.
  Papers are asked for in 4 %, once, and come within half a day to three. All end with a result that is fetched.
- A tenth is rated, at the tablet or online; a tenth has a ticket: issued, called, served. That is about 4 events a
  dossier, all within working hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from contract.events.envelope import derived_id
from contract.time import VIETNAM
from sources.reference.load import read
from sources.simulation.calendar import UnknownDayError, WorkingTime
from sources.simulation.place import Point
from sources.simulation.point_day import CHANNELS, COUNTER_HOURS
from tests.support import logged

STATEMENT = Path(__file__).with_name("events.sql")
LATE_IN_10000 = 82
"""Hanoi's five years had 99.18 % on time."""

WORKING_HOURS = (8, 9, 10, 11, 13, 14, 15, 16)
HOUR_S = 3_600
WORKING_DAY_S = len(WORKING_HOURS) * HOUR_S
SLOTS = 1_000
LONGEST_TERM = timedelta(days=365)
SATURDAY = 5


def working_days(working_time: WorkingTime, first: date, last: date) -> list[date]:
    """The working days from ``first`` to ``last``; before the calendar begins, Mondays to Fridays."""
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    return [day for day in days if is_working_day(working_time, day)]


def is_working_day(working_time: WorkingTime, day: date) -> bool:
    """What the calendar says, and where it says nothing whether the day is a Monday to Friday."""
    try:
        return working_time.is_working_day(day)
    except UnknownDayError:
        return day.weekday() < SATURDAY


@dataclass(frozen=True)
class Making:
    """``dossiers_a_day`` handed in on each of ``days`` (working days) at ``points`` of one ``working_time``."""

    points: Sequence[Point]
    working_time: WorkingTime
    days: Sequence[date]
    dossiers_a_day: int

    def months(self, first: date, last: date) -> Iterator[tuple[int, int]]:
        """The number of the first dossier of each month from ``first`` to ``last``, and how many it has."""
        within = [n for n, day in enumerate(self.days) if first <= day <= last]
        for _, of_month in groupby(within, lambda n: (self.days[n].year, self.days[n].month)):
            at = list(of_month)
            yield at[0] * self.dossiers_a_day, len(at) * self.dossiers_a_day

    def worked_until(self, now: datetime) -> int:
        """Working seconds from the first day's opening to an instant on one of the days."""
        local = now.astimezone(VIETNAM)
        before = sum(day < local.date() for day in self.days) * WORKING_DAY_S
        if local.date() not in self.days:
            return before
        seconds = local.hour * HOUR_S + local.minute * 60 + local.second
        return before + sum(min(max(seconds - hour * HOUR_S, 0), HOUR_S) for hour in WORKING_HOURS)

    def store(self, client: Client, first: int, dossiers: int, now: datetime, city: str) -> None:
        """Stores what happened before ``now`` to so many dossiers of a province, from number ``first`` on."""
        parameters = {"first": first, "dossiers": dossiers, "now": self.worked_until(now), "city": city}
        client.command(STATEMENT.read_text(), parameters=self._parameters() | parameters)

    def _parameters(self) -> dict[str, Any]:
        procedures = list(
            {procedure.code: procedure for point in self.points for procedure in point.procedures}.values()
        )
        number = {procedure.code: n for n, procedure in enumerate(procedures, 1)}
        branch, commune = (
            slots(
                [
                    (number[p.code], p.annual_volume)
                    for p in next(q for q in self.points if q.is_branch == kind).procedures
                ]
            )
            for kind in (True, False)
        )
        days = working_days(self.working_time, self.days[0], self.days[-1] + LONGEST_TERM)
        return {
            "midnights": [int(datetime.combine(day, time.min, VIETNAM).timestamp()) for day in days],
            "dossiers_a_day": self.dossiers_a_day,
            "late_in_10000": LATE_IN_10000,
            "units": [point.unit.removeprefix("H26") for point in self.points],
            "counters": [len(point.counters) for point in self.points],
            "are_branches": [int(point.is_branch) for point in self.points],
            "unit_slots": slots([(n, point.dossiers_a_day) for n, point in enumerate(self.points, 1)]),
            "branch_slots": branch,
            "point_slots": commune,
            "procedures": [procedure.code for procedure in procedures],
            "terms_s": [procedure.term_s for procedure in procedures],
            "have_due_at": [int(procedure.has_due_at) for procedure in procedures],
            "direct_percents": [CHANNELS[procedure.service_level][0] for procedure in procedures],
            "hours": slots([(n, COUNTER_HOURS[hour]) for n, hour in enumerate(WORKING_HOURS)], 100),
        }


def slots(shares: Sequence[tuple[int, float]], size: int = SLOTS) -> list[int]:
    """``size`` numbers, each as often as its share of all: drawing one of them at random draws by the shares."""
    ends = list(accumulate(share for _, share in shares))
    found: list[int] = []
    for (number, _), end in zip(shares, ends, strict=True):
        found += [number] * (round(end / ends[-1] * size) - len(found))
    return found


def calendar_lines(days: Sequence[date]) -> list[bytes]:
    """The working days before the calendar of the reference data begins, as admitted events."""
    known = [event for event in read(None).events if event["type"] == "calendar.day_defined"]
    begins = min(date.fromisoformat(event["data"]["date"]) for event in known)
    working = next(event for event in known if event["data"]["sessions"])
    return [
        logged(
            working
            | {
                "id": derived_id("bench", "calendar", day.isoformat()),
                "subject": f"{working['data']['calendar']}/{day.isoformat()}",
                "data": working["data"] | {"date": day.isoformat()},
            }
        )
        for day in days
        if day < begins
    ]
