"""How old the data is, by the clock of this service; no other clock that is ahead makes it look newer."""

from __future__ import annotations

from datetime import datetime

from dashboards.answers.freshness import Cause, Freshness
from dashboards.api.context import Store, clocks_differ, readable
from dashboards.api.routes.pipeline import OnTheWay
from runtime.clock import Clock, speed_of
from warehouse.read import counts as figures

LATE_S = 60.0


def get_freshness(store: Store) -> Freshness:
    """How old the data is: now, and when the newest event that the figures hold was recorded.

    ``recorded_at`` is the newest that lies not ahead of now; ``ahead_s`` is how far the last one is ahead of it, 0 when
    none is. ``age_s`` grows while nothing new is stored. ``waiting``: what is known to wait in ingest's outbox and in
    Kafka (null: not known from here). ``cause`` says why the data is old, null while it is not: ``stream_away``,
    ``ingest_away``, ``backlog``, ``clock_ahead`` (of a server that records events) or ``nothing_came`` (both answer,
    nothing waits).
    """
    now = store.clock()
    found = store.freshness()
    on_the_way = store.pipeline.look()
    age = age_s(found.recorded_at, store.clock)
    if age is not None and on_the_way.oldest_in_outbox_s:
        age = max(age, on_the_way.oldest_in_outbox_s)
    ahead_s = ahead_of(found, now, store.clock)
    return {
        "now": readable(now),
        "recorded_at": readable(found.recorded_at),
        "age_s": age,
        "ahead_s": ahead_s,
        "waiting": on_the_way.as_answer(),
        "cause": cause(age, ahead_s, on_the_way),
    }


def age_s(recorded_at: datetime | None, clock: Clock) -> float | None:
    """Seconds since an event was recorded; None without any.

    In a replayed day a second of age is a second of the wall, as the one who waits feels it.
    """
    if recorded_at is None:
        return None
    return max(0.0, (clock() - recorded_at).total_seconds() / speed_of(clock))


def ahead_of(found: figures.Freshness, now: datetime, clock: Clock) -> float:
    """By how many seconds the last event was recorded after now, beyond what clocks differ by; else 0."""
    if found.last is None or found.last <= now + clocks_differ(clock):
        return 0.0
    return (found.last - now).total_seconds()


def cause(age: float | None, ahead_s: float, on_the_way: OnTheWay) -> Cause | None:
    """Why the data is old, or will be told as older than it is: the first thing that somebody must look after."""
    if on_the_way.stream == "away":
        return "stream_away"
    if on_the_way.ingest == "away":
        return "ingest_away"
    late = age is None or age >= LATE_S
    if late and on_the_way.waits:
        return "backlog"
    if ahead_s:
        return "clock_ahead"
    known = on_the_way.ingest == on_the_way.stream == "answers"
    return "nothing_came" if late and known else None
