"""The second way to reception points and what they can do. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from warehouse.recount import Event, at
from warehouse.recount_attributes import cohorts_of
from warehouse.working_time import VIETNAM

RECEIVING = {"branch", "service_point"}
"""Levels of units that receive dossiers."""


def points(events: Sequence[Event], end: datetime) -> dict[str, Counter[str]]:
    """The cohorts of reception points in service at an instant, each by itself."""
    last_day = (end - timedelta(milliseconds=1)).astimezone(VIETNAM).date()
    newest: dict[str, Event] = {}
    said: dict[tuple[str, str], bool] = {}
    for event in sorted(events, key=lambda event: (event["data"].get("valid_from", ""), at(event))):
        if event["type"] == "unit.defined" and date.fromisoformat(event["data"]["valid_from"]) <= last_day:
            newest[event["subject"]] = event
    for event in sorted(events, key=at):
        if event["type"] == "point.capability" and at(event) < end:
            for name in ("digitisation_workflow", "e_certified_copy"):
                if event["data"].get(name) is not None:
                    said[event["data"]["unit"], name] = event["data"][name]
    found = {}
    for unit, event in newest.items():
        valid_to = event["data"].get("valid_to")
        if event["data"]["level"] in RECEIVING and (not valid_to or date.fromisoformat(valid_to) >= last_day):
            told = {
                "commune": event["data"]["level"] == "service_point",
                "digitises": said.get((unit, "digitisation_workflow")),
                "certifies": said.get((unit, "e_certified_copy")),
            }
            found[unit] = Counter(cohorts_of({"serving"}, {name for name, holds in told.items() if holds}))
    return found
