"""The second way to procedures in force, and to what they give their dossiers. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

from contract.cohorts import OFFERED
from warehouse.recount import Event, at
from warehouse.recount_attributes import cohorts_of
from warehouse.working_time import VIETNAM

BUSY = 500
"""Dossiers a year above which a procedure is to be restructured (Hanoi's plan 295/KH-UBND)."""


def gives(procedure: Mapping[str, Any]) -> Iterator[str]:
    """The attributes that a procedure gives its dossiers."""
    level = procedure.get("service_level") or 0
    told = {
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
    }
    return (name for name, holds in told.items() if holds)


def offered(events: Iterable[Event], end: datetime) -> dict[str, Counter[str]]:
    """The cohorts of procedures in force at an instant, for each unit that publishes them."""
    newest: dict[str, Event] = {}
    for event in sorted(events, key=lambda event: (_holds_from(event), at(event))):
        if event["type"].startswith("procedure.") and _holds_from(event) < end:
            newest[event["subject"]] = event
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for event in newest.values():
        if event["type"] != "procedure.abolished":
            found[event["data"]["unit"]].update(cohorts_of({OFFERED}, set(gives(event["data"]))))
    return found


def _holds_from(event: Event) -> datetime:
    day = event["data"].get("effective_date")
    return datetime.combine(date.fromisoformat(day), time(), VIETNAM) if day else at(event)
