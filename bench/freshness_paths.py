"""The ways from a tap to a count: the product's own, and a bare loop of the same engine and broker."""

from __future__ import annotations

import json
import sys
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Protocol

import httpx
from confluent_kafka import KafkaError, Message, Producer

from bench.contenders import TYPED
from bench.harness.processes import running
from bench.harness.stack import QUIET, Log, Stores
from bench.peers.destination import Task, arguments
from contract.events.envelope import new_event
from contract.time import VIETNAM
from runtime.ingest_client import IngestClient
from sources.simulation.command import hanoi
from tests.support import wait_until

BARE_TOPIC = "bench.bare"
BARE_TABLE = "default.bare"
BARE_INTERVAL_S = 0.02


@dataclass
class Taps:
    """The watched unit's taps: when each was accepted, and what count was seen when (seconds of one clock)."""

    accepted: list[float] = field(default_factory=list)
    seen_at: list[float] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)

    def delays_ms(self, before: int) -> list[float]:
        """The delay of each tap, in milliseconds; ``before`` is the count when the first was sent."""
        reached = list(accumulate(self.seen, max))
        looks = [bisect_left(reached, before + n) for n in range(1, len(self.accepted) + 1)]
        return [(self.seen_at[look] - at) * 1_000 for look, at in zip(looks, self.accepted, strict=True)]


class Path(Protocol):
    """A way from a tap to a count."""

    @property
    def pids(self) -> Sequence[int]:
        """The processes on it, the one that stores the events first."""

    def tap(self, events: int, taps: Taps) -> None:
        """Sends so many events, the first of them a tap of the watched unit."""

    def pause(self, seconds: float) -> None:
        """Waits."""

    def count(self) -> int:
        """The taps of the watched unit that are counted."""


def tap(unit: str) -> dict[str, Any]:
    """A rating of this instant."""
    data = {"unit": unit, "channel": "tablet", "scale": "csat4", "score": 4, "device": "TAB-BENCH"}
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return new_event("rating.submitted", "TAB-BENCH", data, source="bench", time=now)


class Hailong:
    """Ingest's HTTP door, Kafka, the stream, the read API."""

    def __init__(self, ours: Stores) -> None:
        self.pids: Sequence[int] = [
            ours.pid(name) for name in ("stream", "ingest", "dashboards", "clickhouse", "kafka")
        ]
        # Nothing lies below a commune's point, so that its count is that of its own taps.
        points = hanoi().points
        self._watched = next(point.unit for point in points if not point.is_branch)
        self._others = [point.unit for point in points if point.unit != self._watched]
        self._client = IngestClient(ours.settings.ingest_url, ours.settings.api_key.get_secret_value())
        today = datetime.now(VIETNAM).date()
        days = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=2))}
        self._api = httpx.Client(base_url=ours.settings.api_url, trust_env=False, timeout=30)
        self._query = {"unit": self._watched, "ids": "SAT_CSAT", **days}

    def tap(self, events: int, taps: Taps) -> None:
        """One NDJSON request, as a one-stop system sends the events that gathered."""
        units = [self._watched, *(self._others[n % len(self._others)] for n in range(events - 1))]
        receipt = self._client.send([json.dumps(tap(unit)).encode() for unit in units])
        if receipt.rejected:
            raise ValueError(f"ingest refused {receipt.rejected[0]}")
        taps.accepted.append(time.monotonic())

    def pause(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def count(self) -> int:
        """The count of the read API."""
        return int(self._api.get("/v1/indicators", params=self._query).raise_for_status().json()["indicators"][0]["n"])


@contextmanager
def bare_loop(ours: Stores) -> Iterator[Bare]:
    """A running bare loop with a topic and a table of its own."""
    log = Log(ours.settings)
    log.make(BARE_TOPIC)
    ours.client().command(TYPED.format(table=BARE_TABLE))
    places = (ours.settings.kafka, BARE_TOPIC, "bench-bare", ours.settings.clickhouse_url, BARE_TABLE)
    task = Task(*places, "JSONEachRow", ours.settings.flush_max_events, BARE_INTERVAL_S)
    command = [sys.executable, "-m", "bench.peers.shovel_confluent", *arguments(task)]
    with running(command, ours.environment(), ours.logs / "bare.log") as pid:
        wait_until(lambda: log.has_assigned("bench-bare"), 30)
        yield Bare(ours, pid)


class Bare:
    """Produce, poll, insert, ask: nothing is checked, nothing is derived."""

    def __init__(self, ours: Stores, shovel: int) -> None:
        self.pids: Sequence[int] = [shovel, ours.pid("clickhouse"), ours.pid("kafka")]
        self._producer = Producer({"bootstrap.servers": ours.settings.kafka, "acks": "all", "linger.ms": 5, **QUIET})
        self._client = ours.client()

    def tap(self, events: int, taps: Taps) -> None:
        """Hands the messages to the producer; the watched one is accepted when Kafka has acknowledged it."""

        def accepted(fault: KafkaError | None, _message: Message) -> None:
            if fault is None:
                taps.accepted.append(time.monotonic())

        for n in range(events):
            body = tap("watched" if n == 0 else "other")
            stamped = {**body, "subject": body["data"]["unit"], "recordedtime": body["time"], "sender": "system"}
            on_delivery: Callable[[KafkaError | None, Message], None] | None = accepted if n == 0 else None
            key = "watched" if n == 0 else str(n)
            self._producer.produce(BARE_TOPIC, json.dumps(stamped).encode(), key, on_delivery=on_delivery)
        self._producer.poll(0)

    def pause(self, seconds: float) -> None:
        """Waits for acknowledgements meanwhile."""
        deadline = time.monotonic() + seconds
        while (left_s := deadline - time.monotonic()) > 0:
            self._producer.poll(left_s)

    def count(self) -> int:
        """The count of rows in the table."""
        query = f"SELECT count() FROM {BARE_TABLE} WHERE subject = 'watched'"
        return int(self._client.query(query).result_rows[0][0])
