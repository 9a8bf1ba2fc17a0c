"""Sends the events of the outbox to Kafka in order, and replaces a producer that hangs.

An event counts as delivered only when Kafka has acknowledged it and every event before it. A producer that gets no
acknowledgement for ``stall_s``, or reports a failed message, is replaced by a new one that starts behind the last
delivered event. Events that the old one delivered may be sent twice, which is harmless: the stream stores an event
once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from ingest.outbox.batch import Volume
from ingest.outbox.chunks import Chunk, DamagedChunk
from ingest.outbox.outbox import Outbox
from ingest.outbox.store import CHUNK_BYTES, CHUNK_EVENTS
from runtime.kafka import make_relay_producer
from runtime.reachable import reachable
from runtime.settings import Settings
from runtime.telemetry import PRODUCERS_REPLACED, log

MAX_UNACKNOWLEDGED = 10_000
MAX_UNACKNOWLEDGED_BYTES = 32_000_000
# The event that exceeds a chunk's bytes is still part of it, and may be as large as Kafka accepts.
LARGEST_CHUNK_BYTES = 2 * CHUNK_BYTES
STALL_S = 30.0
WAIT_S = 0.05
IDLE_S = 0.5
RETRY_S = 1.0
CLOSE_S = 1.0


class _SentChunk:
    """Consecutive events that were sent; the producer calls ``on_delivery`` for each."""

    __slots__ = ("count", "damaged", "error", "nbytes", "seq", "stored_bytes", "unacknowledged")

    def __init__(self, seq: int, values: list[bytes], damaged: int | None = None) -> None:
        self.seq = seq
        self.count = self.unacknowledged = len(values)
        self.nbytes = sum(map(len, values))
        self.damaged = damaged or 0
        # The outbox has already subtracted the bytes of a damaged chunk.
        self.stored_bytes = self.nbytes if damaged is None else 0
        self.error: KafkaError | None = None

    def on_delivery(self, error: KafkaError | None, _message: Message) -> None:
        self.unacknowledged -= 1
        if error is not None:
            self.error = error


class Relay:
    """One thread from the outbox to Kafka; ``when_delivered`` lets a request wait for its events."""

    def __init__(self, settings: Settings, outbox: Outbox, stall_s: float = STALL_S) -> None:
        self._settings = settings
        self._outbox = outbox
        self._stall_s = stall_s
        self.unacknowledged = Volume()
        self._stopping = threading.Event()
        self._waiting: list[tuple[int, Future[None]]] = []
        self._waiting_lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def when_delivered(self, seq: int) -> Future[None]:
        """A future that is done once Kafka has acknowledged every event up to ``seq``; it may be cancelled."""
        delivered: Future[None] = Future()
        with self._waiting_lock:
            self._waiting = [(upto, future) for upto, future in self._waiting if not future.cancelled()]
            self._waiting.append((seq, delivered))
        self._resolve_delivered()
        return delivered

    def close(self) -> None:
        """Stops after the current round; undelivered events stay in the outbox."""
        self._stopping.set()
        self._outbox.wake.set()
        # A try to reach a Kafka that is away can take longer; then the thread ends with the process.
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
                self._outbox.note_failed_write(error)
                self._stopping.wait(RETRY_S)
            except Exception as error:  # noqa: BLE001 without this thread no event would ever reach Kafka
                log.warning("kafka_not_taking_events", error=repr(error), pending_bytes=self._outbox.pending_bytes)
                self._stopping.wait(RETRY_S)

    def _deliver(self) -> None:
        """Sends events until ``close``; raises when this producer should be replaced."""
        producer = make_relay_producer(self._settings, MAX_UNACKNOWLEDGED)
        reader = self._outbox.open_reader()
        try:
            self._send(producer, reader)
        except sqlite3.Error:
            # The outbox failed, not the producer.
            raise
        except Exception:
            PRODUCERS_REPLACED.inc()
            raise
        finally:
            self.unacknowledged = Volume()
            reader.close()
            # The next producer sends its unacknowledged events again. Closing may hang, so nothing waits for it.
            threading.Thread(target=_close, args=(producer,), daemon=True).start()

    def _send(self, producer: Producer, reader: sqlite3.Connection) -> None:
        sent_chunks: deque[_SentChunk] = deque()
        sent_seq = self._outbox.delivered_seq
        progress_at = time.monotonic()
        while not self._stopping.is_set():
            more = sent_seq < self._outbox.last_seq and self._has_room()
            chunk = self._outbox.read(sent_seq, reader) if more else None
            if chunk:
                sent_chunks.append(self._produce(chunk, producer))
                sent_seq = chunk.last_seq
            elif not sent_chunks:
                self._outbox.wake.wait(IDLE_S)
                self._outbox.wake.clear()
                progress_at = time.monotonic()
                continue
            producer.poll(0 if chunk else WAIT_S)
            if self._note_deliveries(sent_chunks):
                progress_at = time.monotonic()
            elif time.monotonic() - progress_at > self._stall_s:
                raise KafkaException(f"no acknowledgement for {self._stall_s:.1f} s")

    def _has_room(self) -> bool:
        """Whether the unacknowledged events stay within their bounds with one more chunk."""
        room = MAX_UNACKNOWLEDGED - CHUNK_EVENTS, MAX_UNACKNOWLEDGED_BYTES - LARGEST_CHUNK_BYTES
        return self.unacknowledged.events <= room[0] and self.unacknowledged.nbytes <= room[1]

    def _produce(self, chunk: Chunk | DamagedChunk, producer: Producer) -> _SentChunk:
        if isinstance(chunk, Chunk):
            events = list(zip(chunk.routes, chunk.values, strict=True))
            sent = _SentChunk(chunk.last_seq, chunk.values)
        else:
            # Damaged events are passed over, so that all events behind them arrive.
            events = chunk.rescued
            sent = _SentChunk(chunk.last_seq, [value for _, value in events], chunk.lost)
        for (topic, key), value in events:
            producer.produce(topic, value, key, on_delivery=sent.on_delivery)
        self.unacknowledged += Volume(sent.count, sent.nbytes)
        return sent

    def _note_deliveries(self, sent_chunks: deque[_SentChunk]) -> bool:
        """Notes acknowledged chunks, oldest first; raises the first error. Returns whether there was any."""
        delivered = False
        while sent_chunks and not sent_chunks[0].unacknowledged:
            sent = sent_chunks.popleft()
            if sent.error:
                raise KafkaException(sent.error)
            self.unacknowledged -= Volume(sent.count, sent.nbytes)
            self._outbox.note_delivery(sent.seq, sent.stored_bytes, sent.damaged)
            delivered = True
        if delivered:
            self._resolve_delivered()
        return delivered

    def _resolve_delivered(self) -> None:
        with self._waiting_lock:
            due = [future for seq, future in self._waiting if seq <= self._outbox.delivered_seq]
            self._waiting = [(seq, future) for seq, future in self._waiting if seq > self._outbox.delivered_seq]
        for future in due:
            if future.set_running_or_notify_cancel():
                future.set_result(None)


def _close(producer: Producer) -> None:
    with suppress(Exception):
        producer.purge()
        producer.close()
