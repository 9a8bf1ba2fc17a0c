"""Events on their way to the figures: those in ingest's outbox and those that the stream has not stored.

Read from the metrics of both. A service that never answered may simply not be reachable from here (settings
``ingest_url`` and ``stream_url``), so it is ``unknown``; one that answered before and no longer does is ``away``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from dashboards.answers import freshness as answers
from dashboards.answers.freshness import Reachability
from runtime.service_client import Metrics, ServiceError, read_metrics
from runtime.settings import Settings

LOOK_EVERY_S, TIMEOUT_S = 2.0, 0.5
PENDING, PENDING_S = "hailong_outbox_pending_events", "hailong_outbox_pending_seconds"
MESSAGES, NOT_STORED = "hailong_stream_log_messages", frozenset({"unread", "in_hand"})


class OnTheWay(NamedTuple):
    """Whether ingest and stream answer, and how many events wait there; None where that is not known."""

    ingest: Reachability = "unknown"
    stream: Reachability = "unknown"
    in_outbox: int | None = None
    oldest_in_outbox_s: float | None = None
    not_stored: int | None = None

    @property
    def waits(self) -> bool:
        """Whether anything is known to wait."""
        return bool(self.in_outbox or self.not_stored)

    def as_answer(self) -> answers.OnTheWay:
        """The same by name."""
        return {
            "ingest": self.ingest,
            "stream": self.stream,
            "in_outbox": self.in_outbox,
            "oldest_in_outbox_s": self.oldest_in_outbox_s,
            "not_stored": self.not_stored,
        }


class Pipeline:
    """Reads the metrics of both services every few seconds, on demand, for all threads."""

    def __init__(self, settings: Settings, read: Callable[[str, float], Metrics] = read_metrics) -> None:
        self._urls = {"ingest": settings.ingest_url, "stream": settings.stream_url}
        self._read = read
        self._answered: set[str] = set()
        self._lock = threading.Lock()
        self._latest = OnTheWay()
        self._looked_at = float("-inf")

    def look(self) -> OnTheWay:
        """The latest reading; when it is too old, another one begins in the background."""
        if time.monotonic() - self._looked_at >= LOOK_EVERY_S and self._lock.acquire(blocking=False):
            threading.Thread(target=self._renew, name="pipeline", daemon=True).start()
        return self._latest

    def _renew(self) -> None:
        try:
            self._latest = self.look_now()
            self._looked_at = time.monotonic()
        finally:
            self._lock.release()

    def look_now(self) -> OnTheWay:
        """Reads the metrics now."""
        ingest, of_ingest = self._ask("ingest")
        stream, of_stream = self._ask("stream")
        pending, pending_s = of_ingest.get((PENDING, "")), of_ingest.get((PENDING_S, ""))
        messages = [value for (name, state), value in of_stream.items() if name == MESSAGES and state in NOT_STORED]
        return OnTheWay(
            ingest=ingest,
            stream=stream,
            in_outbox=None if pending is None else int(pending),
            oldest_in_outbox_s=pending_s,
            not_stored=int(sum(messages)) if messages else None,
        )

    def _ask(self, name: str) -> tuple[Reachability, Metrics]:
        try:
            metrics = self._read(self._urls[name], TIMEOUT_S)
        except ServiceError:
            return ("away" if name in self._answered else "unknown"), {}
        self._answered.add(name)
        return "answers", metrics
