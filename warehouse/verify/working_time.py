"""Working time and appointments by plain walking through days: the second, slow route beside the store's own SQL.

Written from the rules: Civil Code art. 147-148 (the first day is left out, a term ends with a working day), Decrees
118/2025 and 297/2025 (what stops the clock), and docs/decisions/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from contract.time import VIETNAM, midnight

WORKING_DAY = timedelta(hours=8)
Sessions = Mapping[date, Sequence[tuple[time, time]]]
"""Opening hours of each known day of a calendar; none on a day off."""


class Pause(NamedTuple):
    """A stretch in which a dossier's clock stood."""

    start: datetime
    end: datetime


class Terms(NamedTuple):
    """How long a procedure may take, as in ``contract.events.reference.Procedure``; 0: no term."""

    term: int = 0
    term_unit: str = "working_day"
    count_mode: str = "hour"
    deadline_rule: str = "day"
    supplement_policy: str = "shift"
    cutoffs: tuple[tuple[date, time | None], ...] = ()

    def begins(self, handed_in: datetime, zone: ZoneInfo = VIETNAM) -> datetime:
        """From when the term of what was handed in counts: past that day's cut-off, from the end of the day."""
        local = handed_in.astimezone(zone)
        day = local.date()
        cutoff = max(((since, hour) for since, hour in self.cutoffs if since <= day), default=None, key=itemgetter(0))
        if cutoff and cutoff[1] and local.time() > cutoff[1]:
            return midnight(day + timedelta(days=1), zone) - timedelta(milliseconds=1)
        return handed_in


@dataclass(frozen=True)
class Calendar:
    """The working time of a unit, by the clock of a zone."""

    sessions: Sessions
    zone: ZoneInfo = VIETNAM

    def day_of(self, instant: datetime) -> date:
        """The day of an instant by the calendar's clock."""
        return instant.astimezone(self.zone).date()

    def knows(self, instant: datetime) -> bool:
        """Whether the day of an instant is in the calendar."""
        return self.day_of(instant) in self.sessions

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two instants of known days, in whole seconds."""
        total, day = timedelta(), self.day_of(start)
        while day <= self.day_of(end):
            for opens, closes in self._instants(day):
                total += max(timedelta(), min(closes, _second(end)) - max(opens, _second(start)))
            day += timedelta(days=1)
        return total

    def after(self, start: datetime, work: timedelta) -> datetime | None:
        """When ``work`` is done that begins at ``start``; with none, the last working instant not after it.

        None when the calendar ends before.
        """
        if work <= timedelta():
            return self._last_before(start)
        day = self.day_of(start)
        while day in self.sessions:
            for opens, closes in self._instants(day):
                begins = max(opens, _second(start))
                if closes > begins:
                    if begins + work <= closes:
                        return begins + work
                    work -= closes - begins
            day += timedelta(days=1)
        return None

    def closing(self, start: datetime, days: int, *, working: bool) -> datetime | None:
        """The close of the day that lies so many working or calendar days after the first, which is left out.

        What comes after closing or on a day off begins with the next working day; a term ends with a working day.
        """
        day = self.day_of(start)
        hours = self._instants(day) if day in self.sessions else []
        is_closed = not hours or start >= hours[-1][1]
        first = self._next_working(day + timedelta(days=1)) if is_closed else day
        if first is None:
            return None
        last: date | None = first
        if working:
            for _ in range(days):
                last = last and self._next_working(last + timedelta(days=1))
        else:
            last = self._next_working(first + timedelta(days=days)) if first in self.sessions else None
        return self._instants(last)[-1][1] if last and last in self.sessions else None

    def _next_working(self, day: date) -> date | None:
        while day in self.sessions:
            if self.sessions[day]:
                return day
            day += timedelta(days=1)
        return None

    def _last_before(self, instant: datetime) -> datetime | None:
        day = self.day_of(instant)
        while day in self.sessions:
            for opens, closes in reversed(self._instants(day)):
                if opens < instant:
                    return min(closes, _second(instant))
            day -= timedelta(days=1)
        return None

    def _instants(self, day: date) -> list[tuple[datetime, datetime]]:
        sessions = sorted(self.sessions[day])
        # In UTC: between two instants of one zone Python counts by its clock, which may be put forward in between.
        return [
            (_in_utc(datetime.combine(day, opens, self.zone)), _in_utc(datetime.combine(day, closes, self.zone)))
            for opens, closes in sessions
        ]


NO_CALENDAR = Calendar({})


def appointment(
    calendar: Calendar,
    terms: Terms,
    accepted_at: datetime | None,
    given: tuple[datetime, datetime] | None,
    pauses: Sequence[Pause],
) -> datetime | None:
    """When a dossier is due; ``given`` is the last appointment given and when, None when it is to be counted."""
    since = given[1] if given else accepted_at
    if since is None:
        return None
    counted = [pause for pause in pauses if pause.start >= since]
    if given:
        return _moved(calendar, given[0], counted)
    base, shifting = since, counted
    if counted and terms.supplement_policy == "restart":
        base, shifting = counted[-1].end, []
    base = terms.begins(base, calendar.zone)
    shifting = [Pause(max(pause.start, base), max(pause.end, base)) for pause in shifting]
    points = [base, *(instant for pause in shifting for instant in pause)]
    if not terms.term or not all(calendar.knows(point) for point in points):
        return None
    paused = sum((calendar.worked(*pause) for pause in shifting), timedelta())
    if terms.term_unit == "hour":
        return calendar.after(base, timedelta(hours=terms.term) + paused)
    if terms.term_unit == "working_day" and terms.count_mode == "hour":
        return calendar.after(base, terms.term * WORKING_DAY + paused)
    end = calendar.closing(base, terms.term, working=terms.term_unit == "working_day")
    return end and calendar.after(end, paused)


def _moved(calendar: Calendar, due: datetime, pauses: Sequence[Pause]) -> datetime | None:
    stood = sum((pause.end - pause.start for pause in pauses), timedelta())
    if not stood:
        return due
    if not all(calendar.knows(point) for point in (due, *(instant for pause in pauses for instant in pause))):
        return due + stood
    return calendar.after(due, sum((calendar.worked(*pause) for pause in pauses), timedelta()))


def newest_units(reference: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The newest definition of each unit, by its date of effect."""
    defined = [event for event in reference if event["type"] == "unit.defined"]
    defined.sort(key=lambda event: (event["data"]["valid_from"], datetime.fromisoformat(event["time"])))
    return {event["subject"]: event["data"] for event in defined}


def calendars_of_units(reference: Sequence[dict[str, Any]]) -> dict[str, Calendar]:
    """The calendar of each unit: its own, or that of the nearest unit above that has one, by the newest definitions."""
    zones: dict[str, ZoneInfo] = {}
    days: dict[str, dict[date, list[tuple[time, time]]]] = {}
    for event in sorted(reference, key=lambda event: datetime.fromisoformat(event["time"])):
        if event["type"] == "calendar.defined":
            zones[event["subject"]] = _zone(event["data"].get("zone") or "")
        if event["type"] == "calendar.day_defined":
            data = event["data"]
            hours = [(time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in data["sessions"]]
            days.setdefault(data["calendar"], {})[date.fromisoformat(data["date"])] = hours
    units = newest_units(reference)
    by_unit: dict[str, Calendar] = {}
    for unit in units:
        above = unit
        for _ in units:
            data = units.get(above, {})
            if calendar := data.get("calendar"):
                by_unit[unit] = Calendar(days.get(calendar, {}), zones.get(calendar, VIETNAM))
                break
            above = data.get("parent") or ""
    return by_unit


def _zone(name: str) -> ZoneInfo:
    # The log may hold what ingest did not admit.
    return ZoneInfo(name) if name in available_timezones() else VIETNAM


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


def _second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
