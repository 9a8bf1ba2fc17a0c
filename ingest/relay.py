"""Carries the outbox to Kafka in order, and replaces a producer that hangs.

A batch counts as delivered only when Kafka acknowledged it and everything before it. kafka-python's idempotent
producer can hang for good after a long outage (a batch that was tried once and then expired); a new one works.
Sending again what the old one may have delivered is harmless: the stream stores an event once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING

from kafka.errors import KafkaTimeoutError

from ingest.outbox import Outbox
from ingest.reach import reachable
from runtime.kafka import make_producer
from runtime.settings import Settings
from runtime.telemetry import PRODUCERS_REPLACED, log

if TYPE_CHECKING:
    from kafka import KafkaProducer
    from kafka.producer.future import FutureRecordMetadata

# kafka-python's producer has no bound on memory of its own.
MAX_UNACKNOWLEDGED = 5_000
MAX_UNACKNOWLEDGED_BYTES = 32_000_000
READ_ROWS = 500
STALL_S = 30.0
WAIT_S = 0.05
IDLE_S = 0.5
RETRY_S = 1.0
CLOSE_S = 1.0


class Relay:
    """One thread from the outbox to Kafka; ``when_delivered`` lets a request wait for its events.

    A producer that gets no acknowledgement for ``stall_s`` is replaced.
    """

    def __init__(self, settings: Settings, outbox: Outbox, stall_s: float = STALL_S) -> None:
        self._settings = settings
        self._outbox = outbox
        self._stall_s = stall_s
        self._stopping = threading.Event()
        self._waiting: list[tuple[int, Future[None]]] = []
        self._waiting_changes = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def when_delivered(self, seq: int) -> Future[None]:
        """Done once Kafka acknowledged everything up to ``seq``; may be cancelled."""
        delivered: Future[None] = Future()
        with self._waiting_changes:
            self._waiting = [(upto, future) for upto, future in self._waiting if not future.cancelled()]
            self._waiting.append((seq, delivered))
        self._tell_waiting()
        return delivered

    def close(self) -> None:
        """Stops after the current round; what is not delivered stays in the outbox."""
        self._stopping.set()
        self._outbox.wake.set()
        # Looking for a Kafka that is away can take longer; the thread dies with the process then.
        self._thread.join(timeout=CLOSE_S)

    def _run(self) -> None:
        away = False
        while not self._stopping.is_set():
            if not reachable(self._settings.kafka):
                if not away:
                    log.warning("kafka_is_away", kafka=self._settings.kafka)
                away = True
                self._stopping.wait(RETRY_S)
                continue
            away = False
            try:
                self._deliver()
            except Exception as error:  # noqa: BLE001 without this thread no event would ever leave
                log.warning("kafka_not_taking_events", error=repr(error), pending_bytes=self._outbox.pending_bytes)
                self._stopping.wait(RETRY_S)

    def _deliver(self) -> None:
        """Sends rows until asked to stop; raises as soon as this producer should be replaced."""
        producer = make_producer(self._settings)
        reader = self._outbox.reader()
        try:
            self._send(producer, reader)
        except Exception:
            PRODUCERS_REPLACED.inc()
            raise
        finally:
            reader.close()
            # A hung producer's close hangs as well, so nobody waits for it.
            threading.Thread(target=_close, args=(producer,), daemon=True).start()

    def _send(self, producer: KafkaProducer, reader: sqlite3.Connection) -> None:
        unacknowledged: deque[tuple[int, int, FutureRecordMetadata]] = deque()
        unacknowledged_bytes = 0
        sent_seq = self._outbox.delivered_seq
        moved_at = time.monotonic()
        while not self._stopping.is_set():
            room = min(READ_ROWS, MAX_UNACKNOWLEDGED - len(unacknowledged))
            if sent_seq < self._outbox.last_seq and room and unacknowledged_bytes < MAX_UNACKNOWLEDGED_BYTES:
                for seq, topic, key, value in self._outbox.read(sent_seq, room, reader):
                    unacknowledged.append((seq, len(value), producer.send(topic, key=key.encode(), value=value)))
                    unacknowledged_bytes += len(value)
                    sent_seq = seq
            if not unacknowledged:
                self._outbox.wake.wait(IDLE_S)
                self._outbox.wake.clear()
                moved_at = time.monotonic()
            elif acknowledged_bytes := self._acknowledge(unacknowledged):
                unacknowledged_bytes -= acknowledged_bytes
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > self._stall_s:
                raise KafkaTimeoutError(f"no acknowledgement for {self._stall_s:.0f} s")

    def _acknowledge(self, unacknowledged: deque[tuple[int, int, FutureRecordMetadata]]) -> int:
        """Waits a moment for the oldest message and notes all that are done in a row; their bytes."""
        with suppress(KafkaTimeoutError):
            unacknowledged[0][2].get(timeout=WAIT_S)
        seq, nbytes = 0, 0
        while unacknowledged and unacknowledged[0][2].is_done:
            if unacknowledged[0][2].failed():
                raise unacknowledged[0][2].exception
            seq, size, _ = unacknowledged.popleft()
            nbytes += size
        if nbytes:
            self._outbox.delivered(seq, nbytes)
            self._tell_waiting()
        return nbytes

    def _tell_waiting(self) -> None:
        with self._waiting_changes:
            due = [future for seq, future in self._waiting if seq <= self._outbox.delivered_seq]
            self._waiting = [(seq, future) for seq, future in self._waiting if seq > self._outbox.delivered_seq]
        for future in due:
            if future.set_running_or_notify_cancel():
                future.set_result(None)


def _close(producer: KafkaProducer) -> None:
    with suppress(Exception):
        producer.close(timeout=0)
