"""The message sets of the sink: events as ingest writes them to Kafka, the same for the same arguments.

Ratings, tickets and dossiers are drawn over the working days of two weeks and Hanoi's own points, in order of time;
the mix is the simulated working day of the demo.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contract.events.envelope import canonical, decode, derived_id, new_event, recorded
from contract.events.refusals import Refusal
from contract.events.topics import route
from sources.reference.load import read
from sources.simulation.calendar import rfc3339
from sources.simulation.command import hanoi
from sources.simulation.day import timed_events
from sources.simulation.place import Point, Reference

DAY = date(2026, 11, 20)
DAYS = 5
ADMISSION_S = 1
EVENTS_A_DAY = 100_000
"""The simulated day holds some more at Hanoi's volume."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A message of the log: its topic, key and bytes."""

    topic: str
    key: bytes
    value: bytes


Draw = Callable[[Reference, random.Random, int], Iterator[tuple[int, dict[str, Any]]]]


def message_set(name: str, events: int) -> list[Logged]:
    """The set of that name with so many events; tickets in threes, dossiers in fours, the mix cut off late."""
    reference = hanoi()
    if name == "mix":
        timed = timed_events(reference, DAY, 1, events / EVENTS_A_DAY)[:events]
    else:
        timed = sorted(DRAWN[name](reference, random.Random(name), events), key=lambda item: item[0])
    return [_logged(event) for _, event in timed]


def reference_set() -> list[Logged]:
    """Hanoi's units, procedures, working days, targets and tablets."""
    return [_logged(event) for event in read(None).events]


def _logged(body: dict[str, Any]) -> Logged:
    event = decode(json.dumps(body).encode())
    if isinstance(event, Refusal):
        raise ValueError(f"the benchmark made an event that is refused: {event}")
    topic, key = route(event)
    stamped = recorded(canonical(event), event.time + timedelta(seconds=ADMISSION_S), "system")
    return Logged(topic, key.encode(), stamped)


def _days(reference: Reference) -> list[date]:
    return [*reference.working_time.before(DAY, DAYS - 1), DAY]


def _instant(reference: Reference, day: date, dice: random.Random) -> int:
    return dice.randrange(*dice.choice(reference.working_time.sessions(day)))


def _event(
    kind: str, at: int, subject: str, point: Point, data: dict[str, Any], n: int = 0
) -> tuple[int, dict[str, Any]]:
    identity = derived_id("bench", kind, subject, str(at), str(n))
    data = {"unit": point.unit, **data}
    return at, new_event(kind, subject, data, source="bench", time=rfc3339(at), event_id=identity)


def _ratings(reference: Reference, dice: random.Random, events: int) -> Iterator[tuple[int, dict[str, Any]]]:
    days, points = _days(reference), reference.points
    for n in range(events):
        point, day = dice.choice(points), dice.choice(days)
        counter = dice.choice(point.counters)
        device = point.tablets.get(counter) or point.exit_tablet or f"TAB-{point.unit}"
        at = _instant(reference, day, dice)
        data = {"channel": "tablet", "scale": "csat4", "score": dice.choices((1, 2, 3, 4), (2, 3, 25, 70))[0]}
        data |= {"device": device, "counter": counter, "staff": f"CB-{point.unit}-01", "language": "vi"}
        data |= {"ticket": f"{point.unit}-{day:%Y%m%d}-A{n:06}", "device_time": rfc3339(at), "counter_n": n}
        yield _event("rating.submitted", at, device, point, data, n)


def _tickets(reference: Reference, dice: random.Random, events: int) -> Iterator[tuple[int, dict[str, Any]]]:
    days, points = _days(reference), reference.points
    for n in range(events // 3):
        point, day = dice.choice(points), dice.choice(days)
        ticket, issued = f"{point.unit}-{day:%Y%m%d}-A{n:06}", _instant(reference, day, dice)
        called = issued + dice.randrange(30, 3_000)
        here = {"counter": dice.choice(point.counters), "staff": f"CB-{point.unit}-01"}
        yield _event("queue.ticket_issued", issued, ticket, point, {})
        yield _event("queue.called", called, ticket, point, here)
        yield _event("queue.served", called + dice.randrange(120, 1_200), ticket, point, here)


def _dossiers(reference: Reference, dice: random.Random, events: int) -> Iterator[tuple[int, dict[str, Any]]]:
    days, points = _days(reference), [point for point in reference.points if not point.is_branch]
    for n in range(events // 4):
        point = dice.choice(points)
        first, last = sorted(dice.choices(range(DAYS), k=2))
        code, procedure = f"{point.unit}-{days[first]:%y%m%d}-{n:06}", dice.choice(point.procedures).code
        submitted = _instant(reference, days[first], dice)
        accepted = submitted + dice.randrange(30, 1_800)
        completed = max(_instant(reference, days[last], dice), accepted + 600)
        staff = {"staff": f"CB-{point.unit}-01"}
        online = {"procedure": procedure, "channel": "online"}
        yield _event("dossier.submitted", submitted, code, point, online)
        yield _event("dossier.accepted", accepted, code, point, online | staff)
        yield _event("dossier.completed", completed, code, point, {"outcome": "granted"} | staff)
        yield _event("dossier.returned", completed + dice.randrange(60, 7_200), code, point, {"channel": "online"})


DRAWN: dict[str, Draw] = {"ratings": _ratings, "tickets": _tickets, "dossiers": _dossiers}
SETS = (*DRAWN, "mix")
"""Every message set there is."""
