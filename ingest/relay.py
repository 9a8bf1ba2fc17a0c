"""Carries the outbox to Kafka in order, and replaces a producer that hangs.

A row counts as delivered only when Kafka acknowledged it and everything before it. Whatever client is used, one that
gets no acknowledgement for long, or reports a failed message, is given up for a new one that starts behind the last
delivered row. Sending again what the old one may have delivered is harmless: the stream stores an event once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ingest.outbox.batch import Waiting
from ingest.outbox.chunks import Chunk, DamagedChunk
from ingest.outbox.file import CHUNK_BYTES, CHUNK_EVENTS
from ingest.outbox.outbox import Outbox
from runtime.kafka import make_relay_producer
from runtime.reachable import reachable
from runtime.settings import Settings
from runtime.telemetry import PRODUCERS_REPLACED, log

MAX_UNACKNOWLEDGED = 10_000
MAX_UNACKNOWLEDGED_BYTES = 32_000_000
# A chunk is closed by the event that goes beyond its bytes, and that one may be as large as Kafka takes them.
LARGEST_CHUNK_BYTES = 2 * CHUNK_BYTES
STALL_S = 30.0
WAIT_S = 0.05
IDLE_S = 0.5
RETRY_S = 1.0
CLOSE_S = 1.0


class _Sent:
    """Some consecutive rows under way; ``on_delivery`` is what the producer calls for each of them."""

    __slots__ = ("count", "damaged", "error", "nbytes", "seq", "stored_bytes", "unacknowledged")

    def __init__(self, seq: int, values: list[bytes], damaged: int | None = None) -> None:
        self.seq = seq
        self.count = self.unacknowledged = len(values)
        self.nbytes = sum(map(len, values))
        self.damaged = damaged or 0
        # The outbox no longer counts the bytes of what it noted as damaged.
        self.stored_bytes = self.nbytes if damaged is None else 0
        self.error: KafkaError | None = None

    def on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        self.unacknowledged -= 1
        if error is not None:
            self.error = error


class Relay:
    """One thread from the outbox to Kafka; ``when_delivered`` lets a request wait for its events.

    A producer that gets no acknowledgement for ``stall_s`` is replaced.
    """

    def __init__(self, settings: Settings, outbox: Outbox, stall_s: float = STALL_S) -> None:
        self._settings = settings
        self._outbox = outbox
        self._stall_s = stall_s
        self.unacknowledged = Waiting()
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
            except sqlite3.Error as error:
                self._outbox.not_written(error)
                self._stopping.wait(RETRY_S)
            except Exception as error:  # noqa: BLE001 without this thread no event would ever leave
                log.warning("kafka_not_taking_events", error=repr(error), pending_bytes=self._outbox.pending_bytes)
                self._stopping.wait(RETRY_S)

    def _deliver(self) -> None:
        """Sends rows until asked to stop; raises as soon as this producer should be replaced."""
        producer = make_relay_producer(self._settings, MAX_UNACKNOWLEDGED)
        reader = self._outbox.reader()
        try:
            self._send(producer, reader)
        except sqlite3.Error:
            # The outbox is at fault, not the producer.
            raise
        except Exception:
            PRODUCERS_REPLACED.inc()
            raise
        finally:
            self.unacknowledged = Waiting()
            reader.close()
            # What it still holds goes again through the next one; a client that hangs may hang here, so nobody waits.
            threading.Thread(target=_close, args=(producer,), daemon=True).start()

    def _send(self, producer: Producer, reader: sqlite3.Connection) -> None:
        under_way: deque[_Sent] = deque()
        sent_seq = self._outbox.delivered_seq
        moved_at = time.monotonic()
        while not self._stopping.is_set():
            more = sent_seq < self._outbox.last_seq and self._has_room()
            chunk = self._outbox.read(sent_seq, reader) if more else None
            if chunk:
                under_way.append(self._hand_over(chunk, producer))
                sent_seq = chunk.last_seq
            elif not under_way:
                self._outbox.wake.wait(IDLE_S)
                self._outbox.wake.clear()
                moved_at = time.monotonic()
                continue
            producer.poll(0 if chunk else WAIT_S)
            if self._acknowledged(under_way):
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > self._stall_s:
                raise KafkaException(f"no acknowledgement for {self._stall_s:.1f} s")

    def _has_room(self) -> bool:
        """Whether one more chunk keeps what is unacknowledged within its bounds."""
        room = MAX_UNACKNOWLEDGED - CHUNK_EVENTS, MAX_UNACKNOWLEDGED_BYTES - LARGEST_CHUNK_BYTES
        return self.unacknowledged.events <= room[0] and self.unacknowledged.nbytes <= room[1]

    def _hand_over(self, chunk: Chunk | DamagedChunk, producer: Producer) -> _Sent:
        if isinstance(chunk, Chunk):
            events = list(zip(chunk.routes, chunk.values, strict=True))
            sent = _Sent(chunk.last_seq, chunk.values)
        else:
            # What is damaged is passed over, so that all behind it arrives.
            events = chunk.rescued
            sent = _Sent(chunk.last_seq, [value for _, value in events], chunk.lost)
        for (topic, key), value in events:
            producer.produce(topic, value, key, on_delivery=sent.on_delivery)
        self.unacknowledged += Waiting(sent.count, sent.nbytes)
        return sent

    def _acknowledged(self, under_way: deque[_Sent]) -> bool:
        """Takes out and notes what is delivered in a row from the oldest on; raises the first error among it."""
        delivered = False
        while under_way and not under_way[0].unacknowledged:
            sent = under_way.popleft()
            if sent.error:
                raise KafkaException(sent.error)
            self.unacknowledged -= Waiting(sent.count, sent.nbytes)
            self._outbox.delivered(sent.seq, sent.stored_bytes, sent.damaged)
            delivered = True
        if delivered:
            self._tell_waiting()
        return delivered

    def _tell_waiting(self) -> None:
        with self._waiting_changes:
            due = [future for seq, future in self._waiting if seq <= self._outbox.delivered_seq]
            self._waiting = [(seq, future) for seq, future in self._waiting if seq > self._outbox.delivered_seq]
        for future in due:
            if future.set_running_or_notify_cancel():
                future.set_result(None)


def _close(producer: Producer) -> None:
    with suppress(Exception):
        producer.purge()
        producer.close()
