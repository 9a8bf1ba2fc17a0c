"""The second route to the staff on duty at units and to the results that they hold. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from contract.time import VIETNAM
from warehouse.verify.events import Event, Tally, at, instant_of, seconds
from warehouse.verify.working_time import NO_CALENDAR, WORKING_DAY, Calendar


def staff_years(
    shifts: Iterable[Event], start: datetime, end: datetime, calendars: Mapping[str, Calendar]
) -> dict[str, Tally]:
    """Time on duty within a period, in working years, for each unit."""
    by_unit: defaultdict[str, Tally] = defaultdict(Tally)
    for event in shifts:
        unit = event["data"]["unit"]
        starts_at, ends_at = (instant_of(event["data"][name]) for name in ("starts_at", "ends_at"))
        year = starts_at.astimezone(VIETNAM).year
        sessions = calendars.get(unit, NO_CALENDAR).sessions
        days = sum(bool(hours) for day, hours in sessions.items() if day.year == year)
        if days and starts_at < end and ends_at > start:
            worked = timedelta(seconds=max(0, seconds(max(starts_at, start), min(ends_at, end))))
            by_unit[unit].counts["staff_years"] += worked / (days * WORKING_DAY)  # type: ignore[assignment]
    return by_unit


def results_held(events: Iterable[Event], end: datetime) -> dict[str, Tally]:
    """The results in force that each unit last reported before an instant."""
    by_unit: defaultdict[str, Tally] = defaultdict(Tally)
    for event in sorted((event for event in events if event["type"] == "point.capability"), key=at):
        for measure, name in (("stock_results", "results_in_force"), ("stock_digitised", "results_digitised")):
            if at(event) < end and event["data"].get(name) is not None:
                by_unit[event["data"]["unit"]].counts[measure] = event["data"][name]
    return by_unit
