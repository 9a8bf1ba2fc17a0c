"""The second route to petitions (phản ánh, kiến nghị), from the rules of Decision 766, indicators 5.1 to 5.3. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from contract.time import midnight
from warehouse.verify.attributes import cohorts_of
from warehouse.verify.events import Event, at, first, in_order
from warehouse.verify.working_time import NO_CALENDAR, Calendar

REFUSE_DAYS, ASK_DAYS, ANSWER_DAYS, PUBLISH_DAYS = 2, 5, 15, 2
"""Working days for each step; the last from the answer, the others from the receipt."""


@dataclass(frozen=True)
class Petition:
    """A petition folded from its events; ``counted_at`` is its answer or the end of the day on which it was due."""

    unit: str
    received_at: datetime
    counted_at: datetime | None
    attributes: frozenset[str]
    dossiers: frozenset[str]


def fold(events: Iterable[Event], calendars: Mapping[str, Calendar]) -> Petition | None:
    """One petition from its events; None when it was never received."""
    steps = sorted(events, key=in_order)
    received = [step for step in steps if step["type"] == "petition.received"]
    if not received:
        return None
    unit, received_at = received[0]["data"]["unit"], at(received[0])
    refused, papers_requested, resolved, published = (
        first(steps, f"petition.{name}") for name in ("refused", "supplement_asked", "resolved", "published")
    )
    calendar = calendars.get(unit, NO_CALENDAR)
    limits = {days: _ends(calendar, received_at, days) for days in (REFUSE_DAYS, ASK_DAYS, ANSWER_DAYS)}
    due = limits[ANSWER_DAYS]
    in_time = (
        _by(refused, limits[REFUSE_DAYS], otherwise=_by(resolved, due, otherwise=False))
        and _by(papers_requested, limits[ASK_DAYS], otherwise=True)
        and _by(published, resolved and _ends(calendar, resolved, PUBLISH_DAYS), otherwise=True)
    )
    payloads = [step["data"] for step in steps]
    liked = Counter(data.get("like") for data in payloads)
    attributes_held = {
        str(_last(payloads, "category")): True,
        "confirmed": _last(payloads, "confirmed"),
        "answered_in_time": in_time,
        "disliked": liked[False] > liked[True],
        "reopened": any(data.get("reopened") for data in payloads),
        "undated": due is None,
    }
    return Petition(
        unit=unit,
        received_at=received_at,
        counted_at=due and min(filter(None, (refused, resolved, due))),
        attributes=frozenset(name for name, holds in attributes_held.items() if holds),
        dossiers=frozenset(data["dossier"] for data in payloads if data.get("dossier")),
    )


def count_petition(counts: Counter[str], petition: Petition, start: datetime, end: datetime) -> None:
    """Adds a petition to the counts of a period."""
    steps = {"petitioned": petition.received_at, "petition_due": petition.counted_at}
    taken = {step for step, when in steps.items() if when and start <= when < end}
    counts.update(cohorts_of(taken, petition.attributes))


def misconduct(petitions: Iterable[Petition]) -> frozenset[str]:
    """The dossiers about which a petition on the conduct of officials was confirmed."""
    proven = (petition.dossiers for petition in petitions if {"behaviour", "confirmed"} <= petition.attributes)
    return frozenset().union(*proven)


def _ends(calendar: Calendar, since: datetime, days: int) -> datetime | None:
    closing = calendar.closing(since, days, working=True) if calendar.knows(since) else None
    if closing is None:
        return None
    return midnight(calendar.day_of(closing) + timedelta(days=1), calendar.zone)


def _by(when: datetime | None, limit: datetime | None, *, otherwise: bool) -> bool:
    return when < limit if when and limit else otherwise


def _last(payloads: Iterable[Mapping[str, Any]], name: str) -> Any:
    values = [data[name] for data in payloads if data.get(name) is not None]
    return values[-1] if values else None
