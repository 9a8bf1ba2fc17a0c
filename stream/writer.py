"""From a batch to its figures. Exactness rests on the order of a flush:

1. the lines are stored (a repeated line has the same key and is deduplicated),
2. lines that cannot be stored are written to the topic of dead letters,
3. every figure that the lines touch is recomputed from the stored events; a retraction of an import recomputes every
   figure that its events touched (warehouse/write/retraction.py),
4. the offsets are committed (by the consumer, which owns them).

After a crash between two steps the batch is read again; each step may be repeated.

Step 1 runs ahead of the others: while one round recomputes figures, the next batches are being stored, and the next
round takes all of them together. The higher the load, the fewer the rounds.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client
from kafka import KafkaProducer

from runtime.settings import Settings
from runtime.telemetry import BATCHES_WAITING, FLUSH_SECONDS, IN_HAND, STORED
from stream.batch import Batch, Partition, make_dead_letter
from stream.dead_letters import send_dead_letters
from stream.limits import DeadLetterLimits
from warehouse.client import connect
from warehouse.write.retraction import take_back
from warehouse.write.store import as_line, insert_lines, new_batch, recompute, touched_kinds, unreadable_lines

STORING_AT_ONCE = 2
LONGEST_WAIT_S = 1.0
CLOSE_S = 10.0

AfterStep = Callable[[int], None]
"""Called with the number of each finished step; tests end the process there."""


@dataclass(slots=True)
class _Stored:
    batch: Batch
    number: int
    started_s: float


class Writer:
    """Takes batches in order and returns, in the same order, the offsets of finished ones. Used by one thread.

    Holds at most ``flush_max_batches`` batches; ``put`` waits while it is full, so that no more is polled than can be
    stored. The first error of any step ends the work and is raised by the next call of any method.
    """

    def __init__(self, settings: Settings, producer: KafkaProducer, after_step: AfterStep = lambda _step: None) -> None:
        self._settings, self._producer, self._after_step = settings, producer, after_step
        self._limits = DeadLetterLimits(settings.dead_letters_run, settings.dead_letters_share)
        self._thread_local = threading.local()
        self._closing = ExitStack()
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Batch, Future[_Stored]]] = deque()
        self._in_round = 0
        self._finished: dict[Partition, int] = {}
        self._error: BaseException | None = None
        self._stopping = False
        self._storing = ThreadPoolExecutor(STORING_AT_ONCE, thread_name_prefix="store")
        self._figures = threading.Thread(target=self._run_rounds, name="figures", daemon=True)
        self._figures.start()

    def put(self, batch: Batch) -> None:
        """Hands over a batch; waits while too many are in hand. Raises the error of an earlier batch."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._error or len(self._waiting) + self._in_round < self._settings.flush_max_batches
            )
            self._raise_error()
            self._waiting.append((batch, self._storing.submit(self._store, batch)))
            IN_HAND.inc(len(batch.messages))
            BATCHES_WAITING.set(len(self._waiting) + self._in_round)
            self._changed.notify_all()

    def take_offsets(self) -> dict[Partition, int]:
        """The offset to continue at, for each partition with batches finished since the last call."""
        with self._changed:
            self._raise_error()
            finished, self._finished = self._finished, {}
            return finished

    def is_idle(self) -> bool:
        """Whether no batch is in hand."""
        with self._changed:
            return not (self._waiting or self._in_round)

    def drain(self, timeout_s: float) -> None:
        """Waits until all batches are finished, at most ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._error or not (self._waiting or self._in_round), timeout_s)

    def close(self) -> None:
        """Ends the threads; unfinished batches will be read again."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._storing.shutdown(wait=True, cancel_futures=True)
        self._figures.join(CLOSE_S)
        IN_HAND.set(0)
        BATCHES_WAITING.set(0)
        self._closing.close()

    def _raise_error(self) -> None:
        if self._error:
            raise self._error

    def _client(self) -> Client:
        if not hasattr(self._thread_local, "client"):
            self._thread_local.client = connect(self._settings)
            self._closing.callback(self._thread_local.client.close)
        client: Client = self._thread_local.client
        return client

    def _store(self, batch: Batch) -> _Stored:
        stored = _Stored(batch, new_batch(), time.perf_counter())
        insert_lines(self._client(), stored.number, [message.value() or b"" for message in batch.messages])
        self._after_step(1)
        return stored

    def _run_rounds(self) -> None:
        try:
            while round_ := self._next_round():
                STORED.inc(self._complete_round(round_))
                with self._changed:
                    for stored in round_:
                        self._finished.update(stored.batch.next_offsets)
                        IN_HAND.dec(len(stored.batch.messages))
                        FLUSH_SECONDS.observe(time.perf_counter() - stored.started_s)
                    self._in_round = 0
                    BATCHES_WAITING.set(len(self._waiting))
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 it is raised again in the thread that uses the writer
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _next_round(self) -> list[_Stored]:
        """The next stored batches in order; waits for the first of them. Empty when the writer is closing.

        Under load it also waits for batches that are still being stored, up to half of those allowed in hand or
        ``LONGEST_WAIT_S``: recomputing costs much the same for one batch and for six.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._stopping or self._waiting)
            if self._stopping:
                return []
            first = self._waiting[0][1]
        first.result()
        deadline = time.monotonic() + LONGEST_WAIT_S
        while (left_s := deadline - time.monotonic()) > 0:
            with self._changed:
                waiting = list(self._waiting)[: self._settings.flush_max_batches // 2]
            if not waiting[-1][0].full or all(future.done() for _, future in waiting):
                break
            wait([future for _, future in waiting], left_s)
        with self._changed:
            round_: list[_Stored] = []
            while self._waiting and self._waiting[0][1].done():
                round_.append(self._waiting.popleft()[1].result())
            self._in_round = len(round_)
            return round_

    def _complete_round(self, stored: Sequence[_Stored]) -> int:
        """Steps 2 and 3; returns the number of messages that are stored with all their figures."""
        client, count = self._client(), sum(len(entry.batch.messages) for entry in stored)
        numbers = [entry.number for entry in stored]
        kinds = touched_kinds(client, numbers)
        unreadable = unreadable_lines(client, numbers) if "unreadable" in kinds else set()
        for entry in stored:
            messages = entry.batch.messages if unreadable else []
            dead = [make_dead_letter(message) for message in messages if as_line(message.value() or b"") in unreadable]
            self._limits.check(entry.batch, dead)
            if dead:
                send_dead_letters(self._producer, dead)
                count -= len(dead)
        self._after_step(2)
        recompute(client, numbers, kinds)
        take_back(client, numbers, kinds)
        self._after_step(3)
        return count
