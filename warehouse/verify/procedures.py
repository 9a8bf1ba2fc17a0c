"""The second route to procedures in force, their publication and the attributes of their dossiers. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Set
from datetime import date, datetime, time
from typing import Any

from contract.time import VIETNAM, midnight
from warehouse.verify.attributes import cohorts_of
from warehouse.verify.events import Event, at
from warehouse.verify.working_time import NO_CALENDAR, Calendar, Terms, newest_units

BUSY = 500
"""Dossiers a year above which a procedure is to be restructured (Hanoi's plan 295/KH-UBND)."""
PUBLISH_DAYS = {"announced": 5, "decided": 5}
PUBLISH_DAYS_OF_MINISTRY = {"announced": 20, "decided": 10}
"""Working days for each step of a publication."""


def attributes_given(procedure: Mapping[str, Any]) -> Iterator[str]:
    """The attributes that a procedure gives its dossiers."""
    level = procedure.get("service_level") or 0
    attributes = {
        "procedure_online": level >= 3,
        "procedure_full": level == 4,
        "procedure_eligible": procedure.get("full_online_eligible"),
        "procedure_fee": procedure.get("has_fee"),
        "procedure_result": procedure.get("requires_result"),
        "procedure_linked": procedure.get("linked_service"),
        "procedure_described": procedure.get("parts_complete"),
        "procedure_payable": procedure.get("online_payment"),
        "procedure_restructured": procedure.get("restructured"),
        "procedure_busy": (procedure.get("annual_volume") or 0) > BUSY,
        "procedure_at_desk": procedure.get("at_desk"),
        "procedure_whole_at_desk": procedure.get("at_desk") == "whole",
        "procedure_posted": procedure.get("posted"),
    }
    return (name for name, holds in attributes.items() if holds)


def terms_of(procedure: Mapping[str, Any]) -> Terms:
    """The terms of a procedure as it was published."""
    given = {name: procedure[name] for name in Terms._fields if procedure.get(name) is not None}
    cutoffs = ((cutoff["valid_from"], cutoff.get("at")) for cutoff in given.pop("cutoffs", ()))
    hours = tuple((date.fromisoformat(day), time.fromisoformat(at) if at else None) for day, at in cutoffs)
    return Terms(**given, cutoffs=hours)


def in_force(events: Iterable[Event], end: datetime) -> list[Event]:
    """The newest version of each procedure that is in force at an instant."""
    newest: dict[str, Event] = {}
    for event in _procedure_events(events):
        if _holds_from(event) < end:
            newest[event["subject"]] = event
    return [event for event in newest.values() if event["type"] != "procedure.abolished"]


def count_offered(
    counts: Counter[str], procedures: Iterable[Event], units: Set[str], used: Mapping[str, Set[str]]
) -> None:
    """Counts the procedures that ``units`` publish; ``used`` are the attributes of their dossiers, by procedure."""
    for event in procedures:
        if event["data"]["unit"] in units:
            of_dossiers = {name for name in used.get(event["subject"], ()) if not name.startswith("procedure_")}
            counts.update(cohorts_of({"offered"}, set(attributes_given(event["data"])) | of_dossiers))


def publications(
    events: Iterable[Event], start: datetime, end: datetime, calendars: Mapping[str, Calendar]
) -> dict[str, Counter[str]]:
    """The cohorts of procedures to be published in a period, for each unit that publishes them.

    After Decision 766, 1.1 and 1.2; ministries have other days than the rest. A procedure of which one publication is
    late is late.
    """
    listed = list(events)
    ministries = {unit for unit, data in newest_units(listed).items() if data["level"] == "ministry"}
    newest: defaultdict[str, dict[datetime, Event]] = defaultdict(dict)
    for event in _procedure_events(listed):
        newest[event["subject"]][_holds_from(event)] = event
    by_unit: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for versions in newest.values():
        judged = [event for event in versions.values() if _is_judged(event, calendars)]
        steps: defaultdict[str, list[bool]] = defaultdict(list)
        for event in judged:
            decided, holds = (_midnight(event["data"].get(f"{name}_date")) for name in ("decision", "effective"))
            limits = PUBLISH_DAYS_OF_MINISTRY if event["data"]["unit"] in ministries else PUBLISH_DAYS
            last = {step: _last_day(event, days, calendars) for step, days in limits.items()}
            if last["announced"] and holds and start <= holds < end:
                steps["announced"].append(last["announced"] <= _day(holds))
            if last["decided"] and decided and start <= decided < end:
                reported_at = _midnight(event["data"].get("public_date")) or at(event)
                steps["decided"].append(_day(reported_at) <= last["decided"])
        for step, in_time in steps.items():
            has = {"announced": "announced_in_time", "decided": "updated_in_time"}[step] if all(in_time) else ""
            data = judged[-1]["data"]
            by_unit[data["unit"]].update(cohorts_of({step}, set(attributes_given(data)) | {has}))
    return by_unit


def _is_judged(event: Event, calendars: Mapping[str, Calendar]) -> bool:
    """Whether a publication was decided on a day of its publisher's calendar."""
    decided = event["data"].get("decision_date")
    calendar = calendars.get(event["data"]["unit"], NO_CALENDAR)
    return (
        event["type"] != "procedure.abolished"
        and decided is not None
        and (date.fromisoformat(decided) in calendar.sessions)
    )


def _last_day(event: Event, days: int, calendars: Mapping[str, Calendar]) -> date | None:
    """The last of so many working days after the decision; None beyond the end of the calendar."""
    calendar = calendars[event["data"]["unit"]]
    decided = midnight(date.fromisoformat(event["data"]["decision_date"]), calendar.zone)
    closing = calendar.closing(decided, days, working=True)
    return closing and calendar.day_of(closing)


def _procedure_events(events: Iterable[Event]) -> list[Event]:
    """The events on procedures, by the instant from which each holds and then by time."""
    on_procedures = (event for event in events if event["type"].startswith("procedure."))
    return sorted(on_procedures, key=lambda event: (_holds_from(event), at(event)))


def newest_versions(events: Iterable[Event]) -> list[Event]:
    """Events on procedures by ``time``; of two that hold from the same instant only the later one."""
    newest = {(event["subject"], _holds_from(event)): event for event in _procedure_events(events)}
    return sorted(newest.values(), key=at)


def _holds_from(event: Event) -> datetime:
    return _midnight(event["data"].get("effective_date")) or at(event)


def _midnight(day: str | None) -> datetime | None:
    return midnight(date.fromisoformat(day)) if day else None


def _day(instant: datetime) -> date:
    return instant.astimezone(VIETNAM).date()
