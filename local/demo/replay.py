"""Sends a day's events through ingest as the replayed clock reaches them."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from runtime.clock import Clock
from runtime.ingest_client import IngestClient, event_line
from sources.simulation.calendar import from_clock
from sources.simulation.day import TimedEvent

SEND_INTERVAL_S = 0.25
"""An event is sent this long after the clock reached it, at most, while ingest keeps up."""

BATCH_EVENTS = 2_000
GRACE_S = 10.0
"""After a request to stop, the replay waits so long for ingest's answer to the batch on its way."""


@dataclass
class Stop:
    """A request to stop, and when it came. A signal handler may set it at any moment, so it holds no lock."""

    requested_at: float | None = None

    def request(self) -> None:
        """Remembers the first request."""
        self.requested_at = self.requested_at or time.monotonic()

    @property
    def is_requested(self) -> bool:
        """Whether there was a request."""
        return self.requested_at is not None

    def is_older_than(self, seconds: float) -> bool:
        """Whether the request came longer ago than that."""
        return self.requested_at is not None and time.monotonic() > self.requested_at + seconds


@dataclass
class Sent:
    """What became of the events so far. ``unanswered`` is a batch given up without an answer."""

    sent: int = 0
    accepted: int = 0
    unanswered: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


def replay(
    client: IngestClient,
    events: Sequence[TimedEvent],
    clock: Clock,
    stop: Stop,
    progress: Callable[[Sent], None],
) -> Sent:
    """Sends every event once the clock has reached its time; returns when all are sent or ``stop`` is requested.

    ``events`` are in order of time. ``progress`` is called several times a second. Raises IngestError.
    """
    instants = [at for at, _ in events]
    result = Sent()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replay")
    try:
        while result.sent < len(events) and not stop.is_requested:
            due = bisect_right(instants, from_clock(clock()))
            if due > result.sent:
                batch = [event_line(event) for _, event in events[result.sent : min(due, result.sent + BATCH_EVENTS)]]
                answer = _wait_for_answer(pool.submit(client.post, batch), stop, result, progress)
                if answer is None:
                    result.unanswered = len(batch)
                    break
                result.sent += len(batch)
                result.accepted += answer["accepted"]
                result.refused += answer["rejected"]
            progress(result)
            if due <= result.sent:
                time.sleep(SEND_INTERVAL_S)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return result


def _wait_for_answer(
    future: Future[dict[str, Any]], stop: Stop, result: Sent, progress: Callable[[Sent], None]
) -> dict[str, Any] | None:
    """Ingest's answer, however long it is away; None when a stop was requested and it did not come in time."""
    while True:
        try:
            return future.result(timeout=SEND_INTERVAL_S)
        except TimeoutError:
            if future.done():
                raise
            progress(result)
        if stop.is_older_than(GRACE_S):
            return None
