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
from typing import TYPE_CHECKING

from kafka.errors import KafkaError, KafkaTimeoutError

from ingest.outbox import Outbox
from runtime.kafka import make_producer
from runtime.settings import Settings
from runtime.telemetry import OUTBOX_BYTES, OUTBOX_PENDING, PRODUCERS_REPLACED, log

if TYPE_CHECKING:
    from kafka import KafkaProducer
    from kafka.producer.future import FutureRecordMetadata

# kafka-python's producer has no bound on memory of its own.
MAX_UNACKNOWLEDGED = 5_000
READ_ROWS = 1_000
STALL_S = 30.0
WAIT_S = 0.05
IDLE_S = 0.5
RETRY_S = 1.0


class Relay:
    """One thread from the outbox to Kafka; ``wait_delivered`` lets a request wait for its events."""

    def __init__(self, settings: Settings, outbox: Outbox) -> None:
        self._settings = settings
        self._outbox = outbox
        self._stopping = False
        self._progress = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def wait_delivered(self, seq: int, timeout_s: float) -> bool:
        """Blocks until Kafka acknowledged everything up to ``seq``; False when that took too long."""
        with self._progress:
            return self._progress.wait_for(lambda: self._outbox.delivered_seq >= seq, timeout_s)

    def close(self) -> None:
        """Stops after the current round; what is not delivered stays in the outbox."""
        self._stopping = True
        self._outbox.wake.set()
        self._thread.join(timeout=STALL_S)

    def _run(self) -> None:
        reader = self._outbox.reader()
        while not self._stopping:
            try:
                producer = make_producer(self._settings)
                self._deliver(producer, reader)
            except KafkaError as error:
                log.warning("kafka_not_taking_events", error=repr(error), pending_bytes=self._outbox.pending_bytes)
            else:
                continue
            PRODUCERS_REPLACED.inc()
            time.sleep(RETRY_S)
        reader.close()

    def _deliver(self, producer: KafkaProducer, reader: sqlite3.Connection) -> None:
        """Sends rows until asked to stop; raises KafkaError as soon as this producer should be replaced."""
        unacknowledged: deque[tuple[int, int, FutureRecordMetadata]] = deque()
        sent_seq = self._outbox.delivered_seq
        moved_at = time.monotonic()
        try:
            while not self._stopping:
                room = min(READ_ROWS, MAX_UNACKNOWLEDGED - len(unacknowledged))
                rows = self._outbox.read(sent_seq, room, reader) if sent_seq < self._outbox.last_seq else []
                for seq, topic, key, value in rows:
                    unacknowledged.append((seq, len(value), producer.send(topic, key=key.encode(), value=value)))
                    sent_seq = seq
                if not unacknowledged:
                    moved_at = time.monotonic()
                    self._outbox.wake.wait(IDLE_S)
                    self._outbox.wake.clear()
                elif self._acknowledge(unacknowledged):
                    moved_at = time.monotonic()
                elif time.monotonic() - moved_at > STALL_S:
                    raise KafkaTimeoutError(f"no acknowledgement for {STALL_S:.0f} s")
                OUTBOX_PENDING.set(self._outbox.last_seq - self._outbox.delivered_seq)
                OUTBOX_BYTES.set(self._outbox.pending_bytes)
        finally:
            # A hung producer's close hangs as well, so nobody waits for it.
            threading.Thread(target=producer.close, kwargs={"timeout": 0}, daemon=True).start()

    def _acknowledge(self, unacknowledged: deque[tuple[int, int, FutureRecordMetadata]]) -> bool:
        try:
            unacknowledged[0][2].get(timeout=WAIT_S)
        except KafkaTimeoutError:
            if not unacknowledged[0][2].is_done:
                return False
            raise
        seq, nbytes = 0, 0
        while unacknowledged and unacknowledged[0][2].is_done:
            if unacknowledged[0][2].failed():
                raise unacknowledged[0][2].exception
            seq, size, _ = unacknowledged.popleft()
            nbytes += size
        with self._progress:
            self._outbox.delivered(seq, nbytes)
            self._progress.notify_all()
        return True
