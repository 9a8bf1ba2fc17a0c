"""The second route to reception points and their capabilities. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from contract.time import VIETNAM
from warehouse.verify.attributes import cohorts_of
from warehouse.verify.events import Event, at
from warehouse.verify.working_time import newest_units

RECEIVING = {"branch", "service_point"}
"""Levels of units that receive dossiers."""


def points(events: Sequence[Event], end: datetime) -> dict[str, Counter[str]]:
    """The cohorts of reception points in service at an instant, each by itself."""
    # Dates as they are written are in the order of time.
    last_day = f"{(end - timedelta(milliseconds=1)).astimezone(VIETNAM):%Y-%m-%d}"
    begun = [event for event in events if event["data"].get("valid_from", "") <= last_day]
    reported: dict[tuple[str, str], bool] = {}
    for event in sorted((event for event in events if event["type"] == "point.capability"), key=at):
        for name in ("digitisation_workflow", "e_certified_copy"):
            if at(event) < end and event["data"].get(name) is not None:
                reported[event["data"]["unit"], name] = event["data"][name]
    by_unit = {}
    for unit, data in newest_units(begun).items():
        if data["level"] in RECEIVING and (data.get("valid_to") or last_day) >= last_day:
            has = {
                "commune": data["level"] == "service_point",
                "digitises": reported.get((unit, "digitisation_workflow")),
                "certifies": reported.get((unit, "e_certified_copy")),
            }
            by_unit[unit] = Counter(cohorts_of({"serving"}, {name for name, holds in has.items() if holds}))
    return by_unit
