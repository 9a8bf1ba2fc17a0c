"""The second route to every count of dossiers, each folded from its events. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contract.events.fields import is_within_bounds
from contract.indicators.lateness import is_late
from contract.time import midnight
from warehouse.verify.attributes import attributes_from_appointment, attributes_from_events, cohorts_of
from warehouse.verify.events import (
    DAY_S,
    Event,
    Hours,
    Tally,
    at,
    first,
    hour_of,
    in_order,
    is_current,
    last,
    replaced_ratings,
    seconds,
)
from warehouse.verify.work import net_working_time, step_timing
from warehouse.verify.working_time import NO_CALENDAR, Calendar, Pause, Terms, appointment

STOPS = {"dossier.supplement_requested": "papers", "dossier.finance_requested": "fee", "dossier.suspended": "other"}
STARTS = {"dossier.supplement_completed": "papers", "payment.paid": "fee", "dossier.resumed": "other"}


SETTLED = {"completed", "returned"}
"""The endings with a result."""

COMPLAINTS = {"rating.submitted", "petition.received"}
"""Events about a dossier that are none of its steps: they choose neither its unit nor its source."""


@dataclass(frozen=True)
class Rules:
    """The rules for appointments: each procedure's terms, or those of all others, and each unit's calendar.

    ``offered`` are the attributes (contract/indicators/cohorts.py) that each procedure gives its dossiers; of the
    dossiers of ``misconduct`` a petition on the conduct of officials was confirmed.
    """

    terms: Mapping[str, Terms] = field(default_factory=dict)
    other_terms: Terms = field(default_factory=Terms)
    offered: Mapping[str, Set[str]] = field(default_factory=dict)
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    misconduct: Set[str] = frozenset()


@dataclass(frozen=True)
class Dossier:
    """A dossier folded from all its events."""

    unit: str
    procedure: str
    channel: str
    received_at: datetime | None
    accepted_at: datetime | None
    returned_at: datetime | None
    ended_at: datetime | None
    ending: str
    supplements: int
    paused_since: datetime | None
    due_at: datetime | None
    early_before: datetime | None
    late_after: datetime | None
    attributes: Set[str]
    completed_at: datetime | None = None
    net: timedelta | None = None
    steps: Counter[str] = field(default_factory=Counter)


def fold(events: Iterable[Event], rules: Rules) -> Dossier:
    """One dossier from its events, in any order."""
    in_time_order = sorted(events, key=in_order)
    steps = [step for step in in_time_order if step["type"] not in COMPLAINTS] or in_time_order
    accepted, submitted = first(steps, "dossier.accepted"), first(steps, "dossier.submitted")
    ending, ended_at = _end(steps, bool(accepted))
    home = _preferred(steps, "dossier.accepted", "dossier.submitted")[0]["data"]["unit"]
    procedures = [step["data"].get("procedure") for step in _preferred(steps, "dossier.accepted")]
    channels = [
        step["data"].get("channel")
        for step in _preferred(steps, "dossier.submitted")
        if step["type"] != "dossier.returned"
    ]
    procedure = next(filter(None, procedures), "")
    terms = rules.terms.get(procedure, rules.other_terms)
    dues = [(due, at(step)) for step in steps if (due := _due(step))]
    pauses, paused_since = _pauses(steps)
    calendar = rules.calendars.get(home, NO_CALENDAR)
    due_at = appointment(calendar, terms, accepted, dues[-1] if dues else None, pauses)
    early_before = late_after = due_at
    if due_at and terms.deadline_rule != "instant":
        day = due_at.astimezone(calendar.zone).date()
        early_before = midnight(day, calendar.zone)
        late_after = midnight(day + timedelta(days=1), calendar.zone) - timedelta(milliseconds=1)
    channel = next(filter(None, channels), "")
    changed = replaced_ratings(in_time_order)
    attributes = set(
        attributes_from_events(step for step in in_time_order if is_current(step, changed) and _concerns(step, home))
    ) | {{"online": "online", "post": "by_post"}.get(channel, "")}
    attributes |= set(attributes_from_appointment(steps, ended_at, paused_since, due_at, early_before, late_after))
    about = steps[0]["data"].get("dossier") if steps[0]["type"] in COMPLAINTS else steps[0]["subject"]
    attributes |= {"misconduct"} if about in rules.misconduct else set()
    attributes |= rules.offered.get(procedure, set()) | (
        {"complete"} if procedure and channel and accepted and due_at else set()
    )
    if due_at:
        attributes.add("appointed")
    elif accepted and terms.term:
        attributes.add("uncounted")
    return Dossier(
        unit=home,
        procedure=procedure,
        channel=channel,
        received_at=min(filter(None, (submitted, accepted)), default=None),
        accepted_at=accepted,
        returned_at=last(steps, "dossier.returned"),
        ended_at=ended_at,
        ending=ending,
        supplements=sum(step["type"] == "dossier.supplement_requested" for step in steps),
        paused_since=paused_since,
        due_at=due_at,
        early_before=early_before,
        late_after=late_after,
        attributes=attributes,
        completed_at=last(steps, "dossier.completed"),
        net=net_working_time(calendar, accepted, ended_at, pauses, paused_since) if ending in SETTLED else None,
        steps=Counter(filter(None, map(step_timing, steps))),
    )


def _concerns(event: Event, home: str) -> bool:
    """Whether an event counts for a dossier of the unit ``home``: a rating of another unit does not."""
    return bool(event["type"] != "rating.submitted" or event["data"]["unit"] == home)


def count_steps(hours: Hours, dossier: Dossier) -> None:
    """Adds a dossier's steps to the hours in which they were taken."""
    if dossier.received_at:
        hours[dossier.unit, hour_of(dossier.received_at)].counts["dossiers_received"] += 1
    if dossier.ended_at and dossier.ending in SETTLED:
        counts = hours[dossier.unit, hour_of(dossier.ended_at)].counts
        counts["dossiers_completed"] += 1
        counts["dossiers_late"] += _is_late(dossier, dossier.ended_at, is_open=False)
    if dossier.returned_at:
        counts = hours[dossier.unit, hour_of(dossier.returned_at)].counts
        counts["dossiers_returned"] += 1


def count_standing(counts: Counter[str], dossier: Dossier, start: datetime, end: datetime) -> None:
    """Adds a dossier to the counts of a period, by its state at the period's end."""

    def within(when: datetime | None) -> bool:
        return when is not None and start <= when < end

    counts.update(_cohorts(dossier, within))
    if not dossier.accepted_at or dossier.accepted_at >= end:
        return
    # By the clocks of two systems it may end, or be due, before it is accepted: from then on it counts.
    closed_at = dossier.ended_at and max(dossier.ended_at, dossier.accepted_at)
    passes_at = dossier.late_after and max(dossier.late_after, dossier.accepted_at)
    ended_now, is_open = within(closed_at), not closed_at or closed_at >= end
    late = _is_late(dossier, end, is_open=is_open)
    if is_open:
        counts["open"] += 1
        counts["open_appointed"] += dossier.due_at is not None
        counts["due_soon"] += dossier.due_at is not None and end <= dossier.due_at < end + timedelta(days=1)
    if passes_at is None:
        counts["unappointed"] += is_open or ended_now
        return
    if is_open or ended_now:
        counts["settled_or_open"] += 1
        counts["on_time_or_running"] += not late
    if within(passes_at) or ended_now or (is_open and late and passes_at >= end):
        counts["due_or_settled"] += 1
        counts["overdue"] += late


def count_work(tally: Tally, dossier: Dossier, start: datetime, end: datetime) -> None:
    """What the work on a dossier adds to the counts of a period: when it was settled, and when it was given back."""
    accepted, ended, returned = dossier.accepted_at, dossier.ended_at, dossier.returned_at
    if accepted and ended and dossier.ending in SETTLED and start <= max(accepted, ended) < end:
        tally.counts["nets"] += dossier.net is not None
        tally.counts["net_s"] += round((dossier.net or timedelta()).total_seconds())
        tally.counts["steps_due"] += dossier.steps.total()
        tally.counts["steps_early"] += dossier.steps["early"]
        tally.counts["steps_in_time"] += dossier.steps["in_time"]
    done = dossier.completed_at
    if done and returned and done <= returned and start <= returned < end:
        lag_s = seconds(done, returned)
        step_s = 60 if lag_s <= DAY_S else 3_600
        tally.return_lags_s[-(-lag_s // step_s) * step_s] += 1


def _cohorts(dossier: Dossier, within: Callable[[datetime | None], bool]) -> Iterator[str]:
    """The cohorts of the catalogue that a dossier belongs to by the steps it took."""
    accepted = dossier.accepted_at
    steps = {
        "received": dossier.received_at,
        "accepted": accepted,
        "settled": accepted and dossier.ended_at and max(dossier.ended_at, accepted),
        "returned": dossier.returned_at,
        "passed": accepted and dossier.late_after and max(dossier.late_after, accepted),
    }
    taken = {step for step, when in steps.items() if within(when)}
    if dossier.ending not in SETTLED:
        taken.discard("settled")
    return cohorts_of(taken, dossier.attributes) if taken else iter(())


def _is_late(dossier: Dossier, at: datetime, *, is_open: bool) -> bool:
    return is_late(
        at,
        ended_at=None if is_open else dossier.ended_at,
        ending=dossier.ending,
        late_after=dossier.late_after,
        paused_since=dossier.paused_since,
        supplements=dossier.supplements,
    )


def _pauses(steps: Sequence[Event]) -> tuple[list[Pause], datetime | None]:
    waited_for: set[str] = set()
    closed: list[Pause] = []
    since: datetime | None = None
    for step in sorted(steps, key=lambda step: (at(step), step["type"] in STARTS)):
        if cause := STOPS.get(step["type"]):
            since = since or at(step)
            waited_for.add(cause)
        elif step["type"] in STARTS and since:
            waited_for.discard(STARTS[step["type"]])
            if not waited_for:
                closed.append(Pause(since, at(step)))
                since = None
    return closed, since


def _end(steps: Sequence[Event], accepted: bool) -> tuple[str, datetime | None]:
    for ending in ("completed", "returned", "stopped", "refused", "withdrawn"):
        ended_at = last(steps, f"dossier.{ending}")
        if ended_at and (ending != "withdrawn" or accepted):
            return ending, ended_at
    return "", None


def _due(step: Event) -> datetime | None:
    # An apology offers a new appointment, only rescheduling makes it.
    text = step["data"].get("new_due" if step["type"] == "dossier.rescheduled" else "due_at")
    due = datetime.fromisoformat(text) if text else None
    return due if due and is_within_bounds(due) else None


def _preferred(steps: Sequence[Event], *types: str) -> list[Event]:
    """The steps with those of the types first, each group in order."""
    return sorted(steps, key=lambda step: [step["type"] != kind for kind in types])
