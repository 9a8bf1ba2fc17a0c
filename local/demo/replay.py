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
from sources.simulation.day import Told

SEND_INTERVAL_S = 0.25
"""An event is sent this long after the clock reached it, at most, while ingest keeps up."""

BATCH_EVENTS = 2_000
GRACE_S = 10.0
"""Once told to stop, so long is waited for ingest's answer to the batch that is under way."""


@dataclass
class Stop:
    """Whether somebody asked us to stop, and when. A signal handler may set it, at any moment: it holds no lock."""

    asked_at: float | None = None

    def ask(self) -> None:
        """Remember the first time we were asked."""
        self.asked_at = self.asked_at or time.monotonic()

    @property
    def asked(self) -> bool:
        """Whether we were asked."""
        return self.asked_at is not None

    def waited(self, seconds: float) -> bool:
        """Whether we were asked longer ago than that."""
        return self.asked_at is not None and time.monotonic() > self.asked_at + seconds


@dataclass
class Sent:
    """What became of the events so far. ``unanswered`` is a batch given up without an answer."""

    sent: int = 0
    accepted: int = 0
    unanswered: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


def replay(
    client: IngestClient,
    told: Sequence[Told],
    clock: Clock,
    stop: Stop,
    progress: Callable[[Sent], None],
) -> Sent:
    """Send every event once the clock has reached its time; returns when all are sent or ``stop`` is asked.

    ``told`` is in order of time. ``progress`` is called several times a second. Raises IngestError.
    """
    instants = [at for at, _ in told]
    result = Sent()
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="replay")
    try:
        while result.sent < len(told) and not stop.asked:
            due = bisect_right(instants, from_clock(clock()))
            if due > result.sent:
                events = [event for _, event in told[result.sent : min(due, result.sent + BATCH_EVENTS)]]
                answer = _answer(
                    pool.submit(client.post, [event_line(event) for event in events]), stop, result, progress
                )
                if answer is None:
                    result.unanswered = len(events)
                    break
                result.sent += len(events)
                result.accepted += answer["accepted"]
                result.refused += answer["rejected"]
            progress(result)
            if due <= result.sent:
                time.sleep(SEND_INTERVAL_S)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return result


def _answer(
    future: Future[dict[str, Any]], stop: Stop, result: Sent, progress: Callable[[Sent], None]
) -> dict[str, Any] | None:
    """Ingest's answer, however long it is away; None when it did not come in time once we are told to stop."""
    while True:
        try:
            return future.result(timeout=SEND_INTERVAL_S)
        except TimeoutError:
            if future.done():
                raise
            progress(result)
        if stop.waited(GRACE_S):
            return None
