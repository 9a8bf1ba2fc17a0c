"""How old the data is, and what it waits for."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from dashboards.answers.common import Instant

Reachability = Literal["answers", "away", "unknown"]
Cause = Literal["stream_away", "ingest_away", "backlog", "clock_ahead", "nothing_came"]


class OnTheWay(TypedDict):
    """Whether ingest and stream answer, and how many events wait there; null where that is not known."""

    ingest: Reachability
    stream: Reachability
    in_outbox: int | None
    oldest_in_outbox_s: float | None
    not_stored: int | None


class Freshness(TypedDict):
    """The age of the newest stored event, and the cause when it is old."""

    now: Instant
    recorded_at: Instant | None
    age_s: float | None
    ahead_s: float
    waiting: OnTheWay
    cause: Cause | None
