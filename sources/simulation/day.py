"""A whole working day of all points, as events in the order of their times."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from contract.events.envelope import derived_id, new_event
from sources.simulation import petitions, publications, ratings, stories
from sources.simulation.calendar import CLOSING_S, UnknownDayError, WorkingTime, instant, rfc3339
from sources.simulation.dossier_life import FINAL, RESULT, make_steps, surely_over
from sources.simulation.place import Point, Publication, Reference
from sources.simulation.point_day import PointDay, Submission, Visit, point_day

SOURCE = "simulation/hanoi"
HISTORY_WORKING_DAYS = 15
LEAST_DOSSIERS = 1
LEAST_WALK_INS = 2
"""Of each point and day so many are kept at any scale."""

TimedEvent = tuple[int, dict[str, Any]]
"""Local seconds and the event of that instant."""


def working_day(reference: Reference, day: date, seed: int, scale: float) -> Iterator[dict[str, Any]]:
    """The events of ``day`` at ``scale`` times Hanoi's volume, in order of time; the same for the same arguments.

    They begin with the past of every dossier that was open that morning (handed in on one of the last 15 working
    days), so that a system that knows nothing yet sees each whole. A dossier, its code and its events are the same
    whichever day is asked for, so the days of one seed fit together. Nothing is dated after half an hour past closing.
    Raises UnknownDayError for a day off and for a day that the calendar does not know.
    """
    yield from (event for _, event in timed_events(reference, day, seed, scale))


def timed_events(reference: Reference, day: date, seed: int, scale: float) -> list[TimedEvent]:
    """``working_day`` with the instant of each event in local seconds beside it."""
    working_time = reference.working_time
    if not working_time.is_working_day(day):
        raise UnknownDayError(f"{day} is a day off")
    past_days = working_time.before(day, HISTORY_WORKING_DAYS)
    events: list[TimedEvent] = []
    for point in reference.points:
        of_point = _PointEvents(point, day, working_time, seed, scale)
        for received in [*past_days, day]:
            course = point_day(point, received, seed, working_time, of_point.growth)
            petitioned = list(of_point.petitions(received, course))
            events += petitioned
            events += of_point.dossiers(received, course, {event["data"].get("dossier") for _, event in petitioned})
        events += of_point.visits(course)
        events += of_point.shifts(course)
        events += of_point.stuffing()
    for decided in [*past_days, day]:
        events += _publications(reference.publications, decided, seed, working_time)
    closed = working_time.sessions(day)[-1][1] + CLOSING_S
    events = [item for item in events if item[0] <= closed]
    events.sort(key=lambda item: item[0])
    return events


def _publications(
    procedures: Sequence[Publication], decided: date, seed: int, working_time: WorkingTime
) -> Iterator[TimedEvent]:
    """The events of the decisions on procedures of that day, sent by the unit that publishes them."""
    for n, (procedure, step) in enumerate(publications.decided_on(procedures, decided, seed, working_time)):
        event_id = derived_id("simulation", str(seed), f"{decided}/publication/{n}")
        event = new_event(step.type, procedure, step.data, source=SOURCE, time=rfc3339(step.at), event_id=event_id)
        yield step.at, event


def dossier_code(unit: str, day: date, n: int) -> str:
    """Mã hồ sơ: unit, day of reception, running number of that day."""
    return f"{unit}-{day:%y%m%d}-{n:04}"


@dataclass
class _PointEvents:
    """The events of one point as seen on ``day``: of the full volume, the part that ``scale`` keeps."""

    point: Point
    day: date
    working_time: WorkingTime
    seed: int
    scale: float
    taps: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.point.unit in stories.FULL_VOLUME_UNITS:
            self.scale = max(1.0, self.scale)

    @property
    def growth(self) -> float:
        return max(1.0, self.scale)

    def petitions(self, received: date, course: PointDay) -> Iterator[TimedEvent]:
        """The events of the petition of one day, if there is one that was still open; kept at any scale."""
        dice = random.Random(f"{self.seed}/{self.point.unit}/{received}/petition")
        if dice.random() >= petitions.A_DAY_AND_POINT or not course.submissions:
            return
        at = max(course.submissions[0].submitted, instant(received)) + dice.randrange(600, 14_400)
        code = f"PA-{self.point.unit}-{received:%y%m%d}"
        about = dossier_code(self.point.unit, received, course.submissions[0].n)
        steps = petitions.make_steps(dice, self.working_time, at, about)
        if steps[-1].at < instant(self.day):
            return
        for n, step in enumerate(steps):
            yield self._event(step.type, step.at, code, f"{received}/{code}/{n}", step.data)

    def dossiers(self, received: date, course: PointDay, named: Collection[str]) -> Iterator[TimedEvent]:
        """The events until the day's end of the dossiers received on one day.

        Dossiers that ended before are left out, unless a petition ``named`` them.
        """
        stopped_from = None
        if self.point.unit == stories.OVERDUE_UNIT:
            former = self.working_time.before(self.day, stories.OVERDUE_WORKING_DAYS)
            stopped_from = instant(former[0] if former else self.day)
        for submission in course.submissions:
            if not self._keeps(submission):
                continue
            code = dossier_code(self.point.unit, received, submission.n)
            is_named = code in named
            may_be_over = stopped_from is None and not is_named
            if may_be_over and surely_over(submission, self.working_time, instant(self.day)):
                continue
            dice = random.Random(f"{self.seed}/{code}")
            # Numbered before any is left out: a step keeps its id, whichever day is asked for.
            steps = list(enumerate(make_steps(self.point, submission, code, dice, self.working_time)))
            if stopped_from is not None:
                steps = [(n, step) for n, step in steps if step.at < stopped_from or step.type not in RESULT]
            over = steps[-1][1].at < instant(self.day) and any(step.type in FINAL for _, step in steps)
            if over and not is_named:
                continue
            for n, step in steps:
                timed_event = self._event(step.type, step.at, code, f"{received}/{code}/{n}", step.data)
                yield timed_event
                if step.data.get("instrument") == ratings.INSTRUMENT:
                    yield from self._changed_answer(code, *timed_event)

    def _changed_answer(self, code: str, at: int, given: dict[str, Any]) -> Iterator[TimedEvent]:
        dice = random.Random(f"{self.seed}/{code}/second thoughts")
        if dice.random() < ratings.CHANGED_SHARE:
            at += dice.randrange(60, 1_800)
            yield at, ratings.make_replacement(dice, given, rfc3339(at))

    def visits(self, course: PointDay) -> Iterator[TimedEvent]:
        """The events of the day's tickets, and the taps of those who were served."""
        tap_share = ratings.TAP_SHARE
        if self.point.unit == stories.COLLAPSE_UNIT:
            tap_share = stories.COLLAPSE_TAP_SHARE
        walk_ins = 0
        for visit in course.visits:
            submission = visit.submission
            walk_ins += submission is None
            if not (self._keeps(submission) if submission else visit.share < self.scale or walk_ins <= LEAST_WALK_INS):
                continue
            ticket = f"{self.point.unit}-{self.day:%Y%m%d}-A{visit.n:03}"
            dossier = dossier_code(self.point.unit, self.day, submission.n) if submission else None
            dice = random.Random(f"{self.seed}/{ticket}")
            yield from self._ticket(visit, ticket)
            if visit.served is not None and dice.random() < tap_share:
                yield from self._tap(visit, ticket, dossier, dice)

    def shifts(self, course: PointDay) -> Iterator[TimedEvent]:
        """The shifts of the officials at the open counters."""
        sessions = self.working_time.sessions(self.day)
        opens, closes = sessions[0][0], sessions[-1][1]
        for counter in range(course.open_counters):
            staff = self._staff(counter)
            data = {"starts_at": rfc3339(opens), "ends_at": rfc3339(closes), "role": "counter"}
            yield self._event("staff.shift", opens - 600, staff, f"{self.day}/{staff}/shift", data)

    def stuffing(self) -> Iterator[TimedEvent]:
        """The taps of ``stories.STUFFED_DEVICE`` that no citizen made."""
        device = stories.STUFFED_DEVICE
        counter = next((code for code, at in self.point.tablets.items() if at == device), None)
        if counter is None:
            return
        dice = random.Random(f"{self.seed}/{self.day}/{device}")
        sessions = self.working_time.sessions(self.day)
        instants = sorted(dice.randrange(*dice.choice(sessions)) for _ in range(stories.STUFFED_TAPS))
        for n, at in enumerate(instants, 1):
            data = self._rating(device, ratings.Answer(4, {}), at, dice) | {"counter": counter}
            yield self._event("rating.submitted", at, device, f"{self.day}/{device}/{n}", data)

    def _keeps(self, submission: Submission) -> bool:
        return submission.share < self.scale or submission.n <= LEAST_DOSSIERS

    def _event(self, kind: str, at: int, subject: str, key: str, data: dict[str, Any]) -> TimedEvent:
        volume = [f"{self.growth:g}"] if self.growth > 1 else []
        event_id = derived_id("simulation", str(self.seed), *volume, key)
        data = {"unit": self.point.unit, **data}
        return at, new_event(kind, subject, data, source=SOURCE, time=rfc3339(at), event_id=event_id)

    def _ticket(self, visit: Visit, ticket: str) -> Iterator[TimedEvent]:
        key = f"{self.day}/{ticket}"
        procedure = {"procedure": visit.submission.procedure.code} if visit.submission else {}
        yield self._event("queue.ticket_issued", visit.arrived, ticket, f"{key}/issued", procedure)
        if visit.abandoned is not None:
            yield self._event("queue.abandoned", visit.abandoned, ticket, f"{key}/abandoned", procedure)
        if visit.called is not None and visit.served is not None:
            here = {**procedure, "counter": self.point.counters[visit.counter], "staff": self._staff(visit.counter)}
            yield self._event("queue.called", visit.called, ticket, f"{key}/called", here)
            yield self._event("queue.served", visit.served, ticket, f"{key}/served", here)

    def _staff(self, counter: int) -> str:
        return f"CB-{self.point.unit}-{counter + 1:02}"

    def _tap(self, visit: Visit, ticket: str, dossier: str | None, dice: random.Random) -> Iterator[TimedEvent]:
        counter = self.point.counters[visit.counter]
        device = self.point.tablets.get(counter) or self.point.exit_tablet
        if device is None or visit.served is None or visit.called is None:
            return
        at = visit.served + dice.randrange(3, 40)
        bad_share = ratings.bad_share(visit.called - visit.arrived)
        if self.point.unit == stories.COLLAPSE_UNIT and at >= instant(self.day, stories.COLLAPSE_FROM):
            bad_share = stories.COLLAPSE_BAD_SHARE
        data = self._rating(device, ratings.at_the_counter(dice, bad_share), at, dice)
        if device != self.point.exit_tablet:
            data |= {"counter": counter, "staff": self._staff(visit.counter), "ticket": ticket}
            data |= {"dossier": dossier} if dossier else {}
        yield self._event("rating.submitted", at, device, f"{self.day}/{ticket}/rated", data)

    def _rating(self, device: str, answer: ratings.Answer, at: int, dice: random.Random) -> dict[str, Any]:
        self.taps[device] += 1
        return {
            "channel": "tablet",
            "scale": "csat4",
            "score": answer.score,
            **answer.rest,
            "device": device,
            "language": "en" if dice.random() < ratings.ENGLISH_SHARE else "vi",
            "device_time": rfc3339(at),
            "counter_n": self.taps[device],
        }
