"""Units, procedures and tablets as the simulation needs them, read from the same reference events that are loaded."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sources.simulation.calendar import WorkingTime

WORKING_DAYS_A_YEAR = 250
BRANCH_LEVEL = "branch"
POINT_LEVEL = "service_point"


class NoPlaceError(Exception):
    """The reference data hold no branch or service point with counters, or no procedures; the text says which."""


@dataclass(frozen=True, slots=True)
class ProcedureFacts:
    """The fields of a procedure that its dossiers' course depends on. ``term_s``: working seconds.

    With ``has_due_at`` its dossiers' events carry the due date.
    """

    code: str
    term_s: int
    service_level: int
    fee_vnd: int
    requires_result: bool
    annual_volume: int
    has_due_at: bool


@dataclass(frozen=True, slots=True)
class Publication:
    """A procedure as it was published: its code and the data of that event, ``unit`` (who publishes it) among them."""

    code: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """A branch or a commune's service point. ``dossiers_a_day`` at full scale; tablets by counter, and at the exit."""

    unit: str
    counters: tuple[str, ...]
    tablets: dict[str, str]
    exit_tablet: str | None
    procedures: tuple[ProcedureFacts, ...]
    dossiers_a_day: float
    is_branch: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """All points in the order of their codes, the working time they share, and all procedures as published."""

    points: tuple[Point, ...]
    working_time: WorkingTime
    publications: tuple[Publication, ...] = ()


def reference_from(events: Iterable[dict[str, Any]]) -> Reference:
    """The points, procedures, tablets and calendar of reference events; raises NoPlaceError."""
    units: dict[str, dict[str, Any]] = {}
    procedures: dict[str, list[ProcedureFacts]] = defaultdict(list)
    publications: list[Publication] = []
    tablets: dict[str, dict[str, str]] = defaultdict(dict)
    sessions: dict[date, list[tuple[time, time]]] = {}
    for event in events:
        data = event["data"]
        match event["type"]:
            case "unit.defined":
                units[event["subject"]] = data
            case "procedure.published":
                procedures[data.get("level", "commune")].append(_procedure(event["subject"], data))
                publications.append(Publication(event["subject"], data))
            case "device.paired":
                tablets[data["unit"]][data.get("counter", "")] = event["subject"]
            case "calendar.day_defined":
                opened = [(time.fromisoformat(a), time.fromisoformat(b)) for a, b in data["sessions"]]
                sessions[date.fromisoformat(data["date"])] = opened
    counters: dict[str, list[str]] = defaultdict(list)
    for code, data in units.items():
        if data["level"] == "counter":
            counters[data["parent"]].append(code)
    served = {BRANCH_LEVEL: procedures["province"], POINT_LEVEL: procedures["commune"]}
    weights = {
        code: _weight(code, len(counters[code]))
        for code, data in sorted(units.items())
        if data["level"] in served and counters[code] and served[data["level"]]
    }
    if not weights:
        raise NoPlaceError("no branch or service point with counters and procedures")
    points = []
    for code, weight in weights.items():
        level = units[code]["level"]
        total = sum(w for other, w in weights.items() if units[other]["level"] == level)
        a_year = sum(procedure.annual_volume for procedure in served[level])
        by_counter = dict(tablets[code])
        points.append(
            Point(
                unit=code,
                counters=tuple(sorted(counters[code])),
                exit_tablet=by_counter.pop("", None),
                tablets=by_counter,
                procedures=tuple(served[level]),
                dossiers_a_day=a_year / WORKING_DAYS_A_YEAR * weight / total,
                is_branch=level == BRANCH_LEVEL,
            )
        )
    return Reference(tuple(points), WorkingTime(sessions), tuple(publications))


def _weight(code: str, n_counters: int) -> float:
    return n_counters * random.Random(f"weight/{code}").lognormvariate(0, 0.25)


def _procedure(code: str, data: dict[str, Any]) -> ProcedureFacts:
    term = data.get("term", 5)
    seconds = {"hour": 3_600, "working_day": 8 * 3_600, "day": 8 * 3_600 * 5 // 7}[data.get("term_unit", "working_day")]
    return ProcedureFacts(
        code=code,
        term_s=term * seconds,
        service_level=data.get("service_level", 2),
        fee_vnd=data.get("fee_vnd", 0),
        requires_result=data.get("requires_result", True),
        annual_volume=data.get("annual_volume", 0),
        has_due_at=int(code[-1], 36) % 2 == 0,
    )
