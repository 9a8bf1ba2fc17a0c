"""The second, slow route to every count, written from the rules; it shares nothing with the store's SQL. Pure.

It takes whole events as they were admitted, those of one ticket together; dossiers are in dossiers.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from contract.events.fields import EARLIEST, LATEST
from contract.events.retractions import can_be_retracted, goes_with_its_import

Event = dict[str, Any]
SATISFIED = {"csat3": 2, "csat4": 3, "csat5": 4, "binary": 1, "star5": 4, "nd61": 1}
VERY = {"csat3": 3, "csat4": 4, "csat5": 5, "star5": 5, "nd61": 2}
FACTORS = {
    "access": {"waiting_too_long", "turned_away"},
    "procedure": {"asked_for_money", "extra_papers", "many_offices"},
    "staff": {"unclear_guidance", "attitude", "insulted"},
    "result": {"result_late", "result_wrong"},
    "feedback": {"no_answer"},
}
"""The reasons that belong to each of the five factors of the SIPAS survey."""
DAY_S = 86_400


@dataclass
class Tally:
    """Counts by the names of contract/indicators/measures.py; the distributions apart."""

    counts: Counter[str] = field(default_factory=Counter)
    waits_s: Counter[int] = field(default_factory=Counter)
    delays_s: Counter[int] = field(default_factory=Counter)
    return_lags_s: Counter[int] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Adds the counts of another tally."""
        self.counts.update(other.counts)
        self.waits_s.update(other.waits_s)
        self.delays_s.update(other.delays_s)
        self.return_lags_s.update(other.return_lags_s)

    def measures(self) -> dict[str, Any]:
        """Every measure that is not zero."""
        measures: dict[str, Any] = {name: count for name, count in self.counts.items() if count}
        if self.waits_s:
            waited_s = sum(seconds * cases for seconds, cases in self.waits_s.items())
            measures |= {"waits": self.waits_s.total(), "waits_s": dict(self.waits_s)} | (
                {"waited_s": waited_s} if waited_s else {}
            )
        if self.delays_s:
            measures["delays_s"] = dict(self.delays_s)
        if self.return_lags_s:
            measures["return_lags_s"] = dict(self.return_lags_s)
        return measures


Hours = defaultdict[tuple[str, datetime], Tally]
"""The counts of each unit-hour."""


def at(event: Event) -> datetime:
    """The instant at which an event happened."""
    return datetime.fromisoformat(event["time"])


def instant_of(text: str) -> datetime:
    """An instant of an event's data; one outside the contract's bounds, from an older rule, is the nearest within."""
    return min(max(datetime.fromisoformat(text), EARLIEST), LATEST)


def hour_of(instant: datetime) -> datetime:
    """The hour in which an instant lies; Vietnam is whole hours off UTC."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


Rating = tuple[str, datetime, str, str]
"""A rating by its unit, hour, id and dossier."""


def retracted_sources(events: Iterable[Event]) -> set[str]:
    """The sources that some of the events retract; their order does not matter."""
    subjects = {event["subject"] for event in events if event["type"] == "import.retracted"}
    return {subject for subject in subjects if can_be_retracted(subject)}


def without_retracted(events: Iterable[Event], retracted: Set[str]) -> Iterator[Event]:
    """The events but for those that were retracted with their import."""
    return (event for event in events if event["source"] not in retracted or not goes_with_its_import(event["type"]))


def replaced_ratings(events: Iterable[Event]) -> set[Rating]:
    """The ratings that a later rating of the same citizen replaces."""
    ratings = [event["data"] for event in events if event["type"] == "rating.submitted"]
    return {
        (data["unit"], hour_of(datetime.fromisoformat(former["time"])), former["id"], data.get("dossier", ""))
        for data in ratings
        if (former := data.get("replaces"))
    }


def is_current(event: Event, replaced: Set[Rating]) -> bool:
    """Whether no other rating replaces this one."""
    return (event["data"]["unit"], hour_of(at(event)), event["id"], event["data"].get("dossier", "")) not in replaced


def count_event(hours: Hours, event: Event, replaced: Set[Rating]) -> None:
    """Counts an event of any type and the delay of its recording; of a rating not ``replaced``, also its answers."""
    tally = hours[event["data"]["unit"], hour_of(at(event))]
    tally.counts["events"] += 1
    if "recordedtime" in event:
        recorded_at = datetime.fromisoformat(event["recordedtime"])
        delay_s = max(0, seconds(at(event), recorded_at))
        step_s = 1 if delay_s <= 600 else 60 if delay_s <= DAY_S else DAY_S
        tally.delays_s[-(-delay_s // step_s) * step_s] += 1
    if event["type"] == "rating.submitted" and is_current(event, replaced):
        scale, score = event["data"]["scale"], event["data"]["score"]
        tally.counts["answered"] += 1
        tally.counts["satisfied"] += score >= SATISFIED[scale]
        if scale in VERY:
            tally.counts["very_answered"] += 1
            tally.counts["very_satisfied"] += score >= VERY[scale]
        _count_answers(tally.counts, event["data"])


def _count_answers(counts: Counter[str], data: Event) -> None:
    blamed = [factor for factor, reasons in FACTORS.items() if reasons & set(data.get("reasons") or ())]
    counts["explained"] += bool(blamed) or data["score"] >= SATISFIED[data["scale"]]
    counts.update(f"blamed_{factor}" for factor in blamed)
    points = (data.get("answers") or {}).get("nd61_4")
    if points is not None:
        counts["offices_answers"] += 1
        counts["offices_points"] += points


def count_ticket(hours: Hours, events: Iterable[Event]) -> None:
    """The steps of one ticket, each in its hour, at the unit of the first."""
    steps = sorted(events, key=in_order)
    unit = steps[0]["data"]["unit"]
    issued, called = first(steps, "queue.ticket_issued"), first(steps, "queue.called")
    served, abandoned = last(steps, "queue.served"), last(steps, "queue.abandoned")
    for name, when in (("issued", issued), ("called", called), ("served", served)):
        if when:
            hours[unit, hour_of(when)].counts[f"tickets_{name}"] += 1
    if abandoned and not served:
        hours[unit, hour_of(abandoned)].counts["tickets_abandoned"] += 1
    if issued and called:
        hours[unit, hour_of(called)].counts["tickets_called_in_time"] += called - issued <= timedelta(minutes=15)
        if served and called >= issued:
            hours[unit, hour_of(served)].waits_s[seconds(issued, called)] += 1
    if called and served and served >= called:
        counts = hours[unit, hour_of(served)].counts
        counts["handlings"] += 1
        counts["handled_s"] += seconds(called, served)


def _times(steps: Sequence[Event], kind: str) -> Iterator[datetime]:
    return (at(step) for step in steps if step["type"] == kind)


def first(steps: Sequence[Event], kind: str) -> datetime | None:
    """When a step of a kind was done first."""
    return min(_times(steps, kind), default=None)


def last(steps: Sequence[Event], kind: str) -> datetime | None:
    """When a step of a kind was done last."""
    return max(_times(steps, kind), default=None)


def seconds(start: datetime, end: datetime) -> int:
    """Whole seconds between two instants, each without its fraction."""
    return int(end.timestamp() // 1) - int(start.timestamp() // 1)


def in_order(event: Event) -> tuple[datetime, int, int]:
    """By time; for sorting."""
    # Of two steps at one instant the order of ids decides, which the store takes by their second half.
    number = UUID(event["id"]).int
    return at(event), number & (2**64 - 1), number >> 64
