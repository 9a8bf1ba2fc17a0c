"""From a batch to its figures. The order of a flush is the whole promise:

1. the lines are stored (sent twice, they meet themselves),
2. what cannot be stored is set aside in the topic of dead letters,
3. every figure the lines touch is made anew from what is stored; where they take an import back, every figure that its
   events touched (warehouse/write/retraction.py),
4. the offsets are committed (by the consumer, which owns them).

A crash between any two steps means that the batch is read again, and each step may be repeated.

Storing runs ahead of the rest: while figures are made for what is stored, the next batches are being stored, and all
that are stored by then get their figures together. The more there is to do, the fewer the rounds.
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
from stream.batch import Batch, Place, dead_letter
from stream.dead_letters import set_aside
from stream.limits import DeadLetterLimits
from warehouse.client import connect
from warehouse.write.retraction import take_back
from warehouse.write.store import as_line, insert_lines, new_batch, recompute, touched_kinds, unreadable_lines

STORING_AT_ONCE = 2
LONGEST_WAIT_S = 1.0
CLOSE_S = 10.0

AfterStep = Callable[[int], None]
"""Told the number of each step that was done; a test ends the process there."""


@dataclass(slots=True)
class _Stored:
    batch: Batch
    number: int
    began: float


class Writer:
    """Takes batches in order and tells, in the same order, up to where all is done. Used by one thread.

    Holds at most ``flush_max_batches`` batches; ``put`` waits while it is full, so that nothing is polled that cannot
    be stored. The first error of any step is raised by the next call of any method, and nothing further is done.
    """

    def __init__(self, settings: Settings, producer: KafkaProducer, after_step: AfterStep = lambda _step: None) -> None:
        self._settings, self._producer, self._after_step = settings, producer, after_step
        self._limits = DeadLetterLimits(settings.dead_letters_run, settings.dead_letters_share)
        self._own = threading.local()
        self._closing = ExitStack()
        self._changed = threading.Condition()
        self._waiting: deque[tuple[Batch, Future[_Stored]]] = deque()
        self._at_work = 0
        self._done: dict[Place, int] = {}
        self._error: BaseException | None = None
        self._stopping = False
        self._storing = ThreadPoolExecutor(STORING_AT_ONCE, thread_name_prefix="store")
        self._figures = threading.Thread(target=self._work, name="figures", daemon=True)
        self._figures.start()

    def put(self, batch: Batch) -> None:
        """Hands over a batch; waits while too many are in hand. Raises what an earlier batch failed with."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._error or len(self._waiting) + self._at_work < self._settings.flush_max_batches
            )
            self._raise()
            self._waiting.append((batch, self._storing.submit(self._store, batch)))
            IN_HAND.inc(len(batch.messages))
            BATCHES_WAITING.set(len(self._waiting) + self._at_work)
            self._changed.notify_all()

    def done(self) -> dict[Place, int]:
        """Where to read on, for each partition on which batches were finished since the last call."""
        with self._changed:
            self._raise()
            done, self._done = self._done, {}
            return done

    def is_idle(self) -> bool:
        """Whether nothing is in hand."""
        with self._changed:
            return not (self._waiting or self._at_work)

    def drain(self, timeout_s: float) -> None:
        """Waits until all that was handed over is finished, or for ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._error or not (self._waiting or self._at_work), timeout_s)

    def close(self) -> None:
        """Ends the threads; what is not finished is left to be read again."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._storing.shutdown(wait=True, cancel_futures=True)
        self._figures.join(CLOSE_S)
        IN_HAND.set(0)
        BATCHES_WAITING.set(0)
        self._closing.close()

    def _raise(self) -> None:
        if self._error:
            raise self._error

    def _client(self) -> Client:
        if not hasattr(self._own, "client"):
            self._own.client = connect(self._settings)
            self._closing.callback(self._own.client.close)
        client: Client = self._own.client
        return client

    def _store(self, batch: Batch) -> _Stored:
        stored = _Stored(batch, new_batch(), time.perf_counter())
        insert_lines(self._client(), stored.number, [message.value() or b"" for message in batch.messages])
        self._after_step(1)
        return stored

    def _work(self) -> None:
        try:
            while round_ := self._next_round():
                STORED.inc(self._finish(round_))
                with self._changed:
                    for stored in round_:
                        self._done.update(stored.batch.next_offsets)
                        IN_HAND.dec(len(stored.batch.messages))
                        FLUSH_SECONDS.observe(time.perf_counter() - stored.began)
                    self._at_work = 0
                    BATCHES_WAITING.set(len(self._waiting))
                    self._changed.notify_all()
        except BaseException as error:  # noqa: BLE001 it is raised again in the thread that uses the writer
            with self._changed:
                self._error = error
                self._changed.notify_all()

    def _next_round(self) -> list[_Stored]:
        """The next batches in order that are stored; waits for the first of them. Empty when the writer is closing.

        Behind full batches they wait for what is still being stored, up to half of what may be in hand or a second:
        figures cost much the same for one batch and for six.
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
            self._at_work = len(round_)
            return round_

    def _finish(self, stored: Sequence[_Stored]) -> int:
        """Steps 2 and 3; how many messages are stored, with all their figures."""
        client, kept = self._client(), sum(len(entry.batch.messages) for entry in stored)
        numbers = [entry.number for entry in stored]
        kinds = touched_kinds(client, numbers)
        unreadable = unreadable_lines(client, numbers) if "unreadable" in kinds else set()
        for entry in stored:
            messages = entry.batch.messages if unreadable else []
            dead = [dead_letter(message) for message in messages if as_line(message.value() or b"") in unreadable]
            self._limits.check(entry.batch, dead)
            if dead:
                set_aside(self._producer, dead)
                kept -= len(dead)
        self._after_step(2)
        recompute(client, numbers, kinds)
        take_back(client, numbers, kinds)
        self._after_step(3)
        return kept
