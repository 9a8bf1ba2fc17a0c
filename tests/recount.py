"""A second, slow way to every count, written from the rules and sharing nothing with the warehouse's SQL.

It takes events as they were sent. Appointments are those given (no calendars), late is after the due day in Vietnam
unless ``instant`` is set.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")
Event = dict[str, Any]
SATISFIED = {"csat3": 2, "csat4": 3, "csat5": 4, "binary": 1, "star5": 4, "nd61": 1}
VERY = {"csat3": 3, "csat4": 4, "csat5": 5, "star5": 5, "nd61": 2}


def recount(events: Iterable[Event], start: datetime, end: datetime, *, instant: bool = False) -> dict[str, Any]:
    """Counts of the period by the names of contract/measures.py, without those about recording."""
    once = list({event["id"]: event for event in events}.values())
    counts: Counter[str] = Counter()
    by_subject: defaultdict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in once:
        family = event["type"].split(".")[0]
        counts["events"] += start <= at(event) < end
        if family == "rating" and start <= at(event) < end:
            _rating(counts, event["data"])
        if family in {"dossier", "payment"}:
            by_subject["dossier", event["subject"]].append(event)
        elif family == "queue":
            by_subject["ticket", event["subject"]].append(event)
    waits: Counter[int] = Counter()
    for (family, _), steps in by_subject.items():
        steps.sort(key=lambda step: (at(step), step["id"]))
        if family == "ticket":
            _ticket(counts, waits, steps, start, end)
        else:
            _dossier(counts, steps, start, end, instant)
    counts["finished_transactions"] += counts["tickets_served"]
    counts["waits"], counts["waited_s"] = waits.total(), sum(s * n for s, n in waits.items())
    return {**counts, "waits_s": dict(waits)}


def recount_steps(events: Iterable[Event], start: datetime, end: datetime) -> dict[str, Any]:
    """What a chart shows of the period: ratings, tickets and steps of dossiers, as they are known by now."""
    once = list({event["id"]: event for event in events}.values())
    found = recount(once, start, end)
    names = ("answered", "satisfied", "tickets_issued", "tickets_called", "tickets_served", "waits_s")
    counts: Counter[str] = Counter()
    by_dossier: defaultdict[str, list[Event]] = defaultdict(list)
    for event in once:
        if event["type"].split(".")[0] in {"dossier", "payment"}:
            by_dossier[event["subject"]].append(event)
    for steps in by_dossier.values():
        steps.sort(key=lambda step: (at(step), step["id"]))
        accepted = _times(steps, "dossier.accepted")
        received = min(_times(steps, "dossier.submitted") + accepted, default=None)
        counts["dossiers_received"] += received is not None and start <= received < end
        ended_at, ending = _end(steps, bool(accepted))
        if ended_at and start <= ended_at < end and ending in {"completed", "returned"}:
            dues = [datetime.fromisoformat(step["data"]["due_at"]) for step in steps if step["data"].get("due_at")]
            day = dues[-1].astimezone(VIETNAM).date() if dues else None
            supplements = len(_times(steps, "dossier.supplement_requested"))
            counts["dossiers_completed"] += 1
            counts["dossiers_late"] += supplements > 1 or bool(day and ended_at.astimezone(VIETNAM).date() > day)
    return {**{name: found.get(name, 0) for name in names}, **counts}


def at(event: Event) -> datetime:
    """When it happened."""
    return datetime.fromisoformat(event["time"])


def _rating(counts: Counter[str], data: dict[str, Any]) -> None:
    satisfied = data["score"] >= SATISFIED[data["scale"]]
    counts["answered"] += 1
    counts["satisfied"] += satisfied
    counts["dissatisfied"] += not satisfied
    if data["scale"] in VERY:
        counts["very_answered"] += 1
        counts["very_satisfied"] += data["score"] >= VERY[data["scale"]]


def _times(steps: list[Event], kind: str) -> list[datetime]:
    return [at(step) for step in steps if step["type"] == kind]


def _ticket(counts: Counter[str], waits: Counter[int], steps: list[Event], start: datetime, end: datetime) -> None:
    issued, called = _times(steps, "queue.ticket_issued")[:1], _times(steps, "queue.called")[:1]
    served, abandoned = _times(steps, "queue.served")[-1:], _times(steps, "queue.abandoned")[-1:]
    for name, found in (("tickets_issued", issued), ("tickets_called", called), ("tickets_served", served)):
        counts[name] += sum(start <= when < end for when in found)
    if not served:
        counts["tickets_abandoned"] += sum(start <= when < end for when in abandoned)
    if issued and called:
        in_time = called[0] - issued[0] <= timedelta(minutes=15)
        counts["tickets_called_in_time"] += start <= called[0] < end and in_time
        if served and start <= served[0] < end and called[0] >= issued[0]:
            waits[int((called[0] - issued[0]).total_seconds())] += 1


def _dossier(counts: Counter[str], steps: list[Event], start: datetime, end: datetime, instant: bool) -> None:
    submitted, accepted = _times(steps, "dossier.submitted"), _times(steps, "dossier.accepted")
    ended_at, ending = _end(steps, bool(accepted))
    dues = [datetime.fromisoformat(step["data"]["due_at"]) for step in steps if step["data"].get("due_at")]
    supplements = len(_times(steps, "dossier.supplement_requested"))
    channels = [
        step["data"]["channel"]
        for step in sorted(steps, key=lambda step: step["type"] != "dossier.submitted")
        if step["data"].get("channel") and step["type"] != "dossier.returned"
    ]

    def within(when: datetime) -> bool:
        return start <= when < end

    received = min(submitted + accepted, default=None)
    if received and within(received):
        counts["received"] += 1
        counts["received_online"] += channels[:1] == ["online"]
    counts["finished_transactions"] += any(within(when) for when in _times(steps, "dossier.returned")[-1:])
    if not accepted or accepted[0] >= end:
        return
    if within(accepted[0]):
        counts["accepted"] += 1
        counts["accepted_supplemented"] += supplements > 0
        counts["accepted_supplemented_again"] += supplements > 1
    due = dues[-1] if dues else None
    late_after, early_before = due, due
    if due and not instant:
        early_before = due.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)
        late_after = early_before + timedelta(days=1) - timedelta(milliseconds=1)
    had_ended = ended_at is not None and ended_at < end
    ended_now = had_ended and ended_at is not None and ended_at >= start
    due_now = late_after is not None and within(late_after)
    if had_ended and ending == "withdrawn":
        late = False
    else:
        over = (ended_at if had_ended else end - timedelta(microseconds=1)) or end
        late = supplements > 1 or (late_after is not None and over > late_after)
    if ended_now and ending in {"completed", "returned"}:
        counts["settled"] += 1
        counts["settled_early"] += bool(early_before and ended_at and ended_at < early_before)
    counts["open"] += not had_ended
    counts["due_soon"] += not had_ended and due is not None and end <= due < end + timedelta(days=1)
    if not had_ended or ended_now:
        counts["settled_or_open"] += 1
        counts["on_time_or_running"] += not late
    if due_now or ended_now:
        counts["due_or_settled"] += 1
        counts["overdue"] += late


def _end(steps: list[Event], accepted: bool) -> tuple[datetime | None, str]:
    for ending in ("completed", "returned", "stopped", "refused", "withdrawn"):
        found = _times(steps, f"dossier.{ending}")
        if found and (ending != "withdrawn" or accepted):
            return found[-1], ending
    return None, ""
