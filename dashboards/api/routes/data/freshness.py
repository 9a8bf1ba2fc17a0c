"""How old the data is, by the clock of this service; a recording clock that is ahead does not make it look newer."""

from __future__ import annotations

from datetime import datetime

from dashboards.answers.freshness import Cause, Freshness
from dashboards.api.context import ContextDep, clock_tolerance, to_json_value
from dashboards.api.pipeline import OnTheWay
from runtime.clock import Clock, speed_of
from warehouse.read import counts as store_counts

LATE_S = 60.0


def get_freshness(context: ContextDep) -> Freshness:
    """How old the data is: now, and when the newest event that the figures hold was recorded.

    ``recorded_at`` is the newest that lies not ahead of now; ``ahead_s`` is how far the last one is ahead of it, 0 when
    none is. ``age_s`` grows while nothing new is stored. ``waiting``: what is known to wait in ingest's outbox and in
    Kafka (null: not known from here). ``cause`` says why the data is old, null while it is not: ``stream_away``,
    ``ingest_away``, ``backlog``, ``clock_ahead`` (of a server that records events) or ``nothing_came`` (both answer,
    nothing waits).
    """
    now = context.clock()
    freshness = context.freshness()
    on_the_way = context.pipeline.look()
    age = data_age_s(freshness.recorded_at, context.clock)
    if age is not None and on_the_way.oldest_in_outbox_s:
        age = max(age, on_the_way.oldest_in_outbox_s)
    ahead_s = seconds_ahead(freshness, now, context.clock)
    return {
        "now": to_json_value(now),
        "recorded_at": to_json_value(freshness.recorded_at),
        "age_s": age,
        "ahead_s": ahead_s,
        "waiting": on_the_way.as_answer(),
        "cause": find_cause(age, ahead_s, on_the_way),
    }


def data_age_s(recorded_at: datetime | None, clock: Clock) -> float | None:
    """Seconds since an event was recorded; None without any.

    During a replay, age is divided by the replay speed.
    """
    if recorded_at is None:
        return None
    return max(0.0, (clock() - recorded_at).total_seconds() / speed_of(clock))


def seconds_ahead(freshness: store_counts.Freshness, now: datetime, clock: Clock) -> float:
    """By how many seconds the last event was recorded after now, beyond what clocks differ by; else 0."""
    if freshness.last is None or freshness.last <= now + clock_tolerance(clock):
        return 0.0
    return (freshness.last - now).total_seconds()


def find_cause(age: float | None, ahead_s: float, on_the_way: OnTheWay) -> Cause | None:
    """Why the data is old, or will look older than it is: the first cause that needs attention; None without any."""
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
