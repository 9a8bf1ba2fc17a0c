"""The durable outbox: accepted events are synced here before their sender gets an answer, and stay until delivered.

One thread writes. It commits everything that waits in one transaction (group commit), so that many small senders
cost one disk sync together.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from contract.events.envelope import AnyEvent
from ingest.outbox.batch import Account, Batch, OutboxError, Stored, Volume
from ingest.outbox.chunks import Chunk, DamagedChunk, list_damaged_chunks, note_damage, read_chunk
from ingest.outbox.disk_faults import explain, is_of_disk
from ingest.outbox.limits import OutboxLimits, first_shed_type
from ingest.outbox.pruning import Pruner
from ingest.outbox.refused import RefusedRow, read_refused, sum_refused_bytes
from ingest.outbox.store import connect, create_tables, lock_file, read_stored_s, store, try_to_write
from runtime.telemetry import log

GROUP_MAX_JOBS = 64
PRUNE_EVERY_S = 1.0
# A commit of a full chunk and its ids is smaller.
TRIAL_BYTES = 500_000

# Bounds of what waits for the disk; beyond them senders are asked to come again.
MAX_WAITING_EVENTS = 100_000
MAX_WAITING_BYTES = 64_000_000
MAX_WAITING_S = 10.0

FIRST_AND_LAST = "SELECT min(first_seq), max(last_seq) FROM whole_chunks WHERE first_seq BETWEEN 1 AND last_seq"
# Without the breaks between the lines.
STORED_BYTES = "SELECT coalesce(sum(length(lines) + first_seq - last_seq), 0) FROM whole_chunks"

Job = tuple[list[Batch], Future[list[Stored]]]
Submitted = tuple[Batch, asyncio.Future[Stored]]


class Outbox:
    """SQLite in WAL mode, synced at each commit. ``close`` ends the writing thread.

    ``on_facts`` is called in that thread with new reference facts, before their senders get an answer. The constructor
    raises ``OutboxError`` when the file is damaged, and leaves it as it is, or when another ingest uses it.
    """

    def __init__(
        self,
        path: Path,
        limits: OutboxLimits,
        on_facts: Callable[[list[AnyEvent]], None] = lambda _facts: None,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._limits = limits
        self._on_facts = on_facts
        self._wall_s = wall_s
        self.trouble: str | None = None
        """Why the file cannot be written now, and what to do; None while it can."""
        self._submitted: list[Submitted] = []
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._queued = self._committed = Volume()
        self._writing_since: float | None = None
        self.wake = threading.Event()
        self._lock = lock_file(path)
        try:
            self._write = connect(path)
            self._recall(self._write)
        except (sqlite3.Error, OutboxError) as error:
            self._lock.close()
            cause = ". ".join(explain(error, path)) if isinstance(error, sqlite3.Error) else str(error)
            raise OutboxError(f"{path} cannot be used as the outbox and was left as it is: {cause}") from error
        self._thread = threading.Thread(target=self._write_forever, args=(self._write,), name="outbox", daemon=True)
        self._thread.start()

    def _recall(self, write: sqlite3.Connection) -> None:
        create_tables(write)
        kept_seq: int = write.execute("SELECT seq FROM delivered").fetchone()[0]
        first, last = write.execute(FIRST_AND_LAST).fetchone()
        self.account = Account(max(kept_seq, last or 0))
        # Rows kept beyond delivery are sent once more: Kafka may have lost what it had not written to disk before a
        # power cut. A first row that does not follow on the delivered ones means that rows between are missing.
        delivered_seq: int = min(kept_seq, first - 1) if first else kept_seq
        self.progress = delivered_seq, 0
        """The number up to which all is delivered, and the damaged events that were passed over since the start."""
        self.first_seq = self.delivered_seq + 1
        self.recalled: int = self.last_seq - self.delivered_seq
        self._stored_bytes: int = write.execute(STORED_BYTES).fetchone()[0]
        self._delivered_bytes = 0
        self._pruner = Pruner(write, self._limits, self._wall_s)

    @property
    def last_seq(self) -> int:
        """The number of the newest event that is synced."""
        return self.account.last_seq

    @property
    def delivered_seq(self) -> int:
        """The number up to which Kafka has all events."""
        return self.progress[0]

    @property
    def pending_bytes(self) -> int:
        """Bytes that Kafka has not acknowledged yet."""
        return self._stored_bytes - self._delivered_bytes

    @property
    def refused_bytes(self) -> int:
        """Disk space of the refused lines that are kept."""
        return self._pruner.refused_bytes

    @property
    def fill_ratio(self) -> float:
        """Undelivered and refused bytes as a share of their limit; 1 and more is full."""
        return (self.pending_bytes + self.refused_bytes) / self._limits.max_bytes

    @property
    def waiting(self) -> Volume:
        """What waits to be synced."""
        return self._queued - self._committed

    def submit(self, batch: Batch) -> asyncio.Future[Stored]:
        """Takes a batch in the event loop's thread; its future is done once it is synced or fails with ``OutboxError``.

        All batches of one turn of the loop go to the writing thread together: one hand-over and one wake-up for all.
        Raises ``OutboxError`` when the outbox is too full for events of these types.
        """
        if shed_type := first_shed_type(self.fill_ratio, (event.type for _, event in batch.admitted)):
            raise OutboxError(f"the outbox is nearly full and takes no {shed_type} for now")
        loop = asyncio.get_running_loop()
        stored: asyncio.Future[Stored] = loop.create_future()
        if not self._submitted:
            loop.call_soon(self._enqueue_submitted, loop)
        self._submitted.append((batch, stored))
        return stored

    def _enqueue_submitted(self, loop: asyncio.AbstractEventLoop) -> None:
        submitted, self._submitted = self._submitted, []

        def resolve_in_loop(done: Future[list[Stored]]) -> None:
            # The loop may have ended meanwhile.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(_resolve, submitted, done)

        try:
            self.enqueue([batch for batch, _ in submitted]).add_done_callback(resolve_in_loop)
        except OutboxError as error:
            _fail(submitted, error)

    def enqueue(self, batches: list[Batch]) -> Future[list[Stored]]:
        """Queues batches from any thread; the future is done when all are synced, or fails with ``OutboxError``.

        Raises ``OutboxError`` when too much waits for the disk already.
        """
        if reason := self._find_overload():
            raise OutboxError(reason)
        done: Future[list[Stored]] = Future()
        # From here on it cannot be cancelled: a sender that disconnects must not disturb the others of its group.
        done.set_running_or_notify_cancel()
        if any(event.fact for batch in batches for _, event in batch.admitted):
            done.add_done_callback(self._report_facts)
        self._queued += Volume.of_batches(batches)
        self._jobs.put((batches, done))
        return done

    def _find_overload(self) -> str | None:
        waiting, since = self.waiting, self._writing_since
        if waiting.events > MAX_WAITING_EVENTS or waiting.nbytes > MAX_WAITING_BYTES:
            return f"{waiting.events} events wait for the disk already"
        if since is not None and time.monotonic() - since > MAX_WAITING_S:
            return f"the disk has not answered for {MAX_WAITING_S:.0f} s"
        return None

    def _report_facts(self, done: Future[list[Stored]]) -> None:
        # Facts that were only repeated are not reported: the registry has newer ones.
        if not done.exception():
            self._on_facts([fact for stored in done.result() for fact in stored.facts])

    def close(self) -> None:
        """Commits what waits and stops."""
        self._jobs.put(None)
        self._thread.join()
        self._lock.close()

    def read(self, after_seq: int, connection: sqlite3.Connection) -> Chunk | DamagedChunk | None:
        """The chunk of events behind ``after_seq``; None when there is none.

        A damaged chunk is noted in the file and logged the first time that it is read.
        """
        chunk = read_chunk(connection, after_seq)
        if isinstance(chunk, DamagedChunk) and not chunk.is_noted:
            note_damage(connection, chunk, int(self._wall_s()))
            self._delivered_bytes += chunk.nbytes
            log.error(
                "outbox_chunk_damaged",
                cause=f"events {chunk.first_seq} to {chunk.last_seq} of {self._path}: {chunk.cause}",
                events_not_delivered=chunk.lost,
                events_rescued=len(chunk.rescued),
                remedy="look at the disk; GET /v1/damaged has what is left of them and when they came: ask their"
                " senders for that time again. All other events are delivered.",
            )
        return chunk

    def list_damaged(self) -> list[dict[str, Any]]:
        """Every damaged chunk that was passed over."""
        connection = self.open_reader()
        try:
            return list_damaged_chunks(connection)
        finally:
            connection.close()

    def open_reader(self) -> sqlite3.Connection:
        """A connection for reading from another thread."""
        return connect(self._path)

    def oldest_pending_s(self) -> float:
        """How many seconds the oldest undelivered event has waited for Kafka; 0.0 when there is none."""
        if self.delivered_seq >= self.last_seq:
            return 0.0
        connection = self.open_reader()
        try:
            return max(0.0, time.time() - (read_stored_s(connection, self.delivered_seq) or time.time()))
        finally:
            connection.close()

    def read_facts(self) -> list[bytes]:
        """The latest reference events that this ingest has seen, for a start while Kafka is away."""
        connection = self.open_reader()
        try:
            return [row[0] for row in connection.execute("SELECT value FROM facts")]
        except sqlite3.Error as error:
            cause = ". ".join(explain(error, self._path))
            raise OutboxError(f"the units and tablets in {self._path} cannot be read: {cause}") from error
        finally:
            connection.close()

    def read_refusals(self, after: int, limit: int) -> list[RefusedRow]:
        """Refused lines behind number ``after``, at most ``limit``, fewer when they are large."""
        connection = self.open_reader()
        try:
            return read_refused(connection, after, limit)
        finally:
            connection.close()

    def note_delivery(self, seq: int, nbytes: int, damaged_events: int = 0) -> None:
        """Notes that Kafka has all events up to ``seq`` except the damaged ones; ``nbytes`` of them are new."""
        self.progress = seq, self.progress[1] + damaged_events
        self._delivered_bytes += nbytes

    def note_write(self) -> None:
        """Notes that the file can be written."""
        if self.trouble:
            self.trouble = None
            log.info("outbox_writes_again", path=str(self._path))

    def note_failed_write(self, error: BaseException) -> None:
        """Notes that the file or its disk refused a write, and logs the first failure in a row."""
        if isinstance(error, sqlite3.Error) and is_of_disk(error):
            cause, remedy = explain(error, self._path)
            if not self.trouble:
                log.error("outbox_does_not_write", path=str(self._path), cause=cause, remedy=remedy)
            self.trouble = f"the outbox does not write: {cause}. {remedy}"

    def _write_forever(self, write: sqlite3.Connection) -> None:
        pruned_at = time.monotonic()
        while True:
            jobs = self._take_jobs(PRUNE_EVERY_S)
            if jobs is None:
                write.close()
                return
            if jobs:
                self._commit(write, jobs)
            if time.monotonic() - pruned_at >= PRUNE_EVERY_S:
                self._prune(write)
                pruned_at = time.monotonic()

    def _take_jobs(self, timeout_s: float) -> list[Job] | None:
        """All jobs that wait, at most ``GROUP_MAX_JOBS``; empty after ``timeout_s``, None when the outbox closes."""
        jobs: list[Job] = []
        try:
            job = self._jobs.get(timeout=timeout_s)
            while job is not None:
                jobs.append(job)
                if len(jobs) == GROUP_MAX_JOBS:
                    return jobs
                job = self._jobs.get_nowait()
        except queue.Empty:
            return jobs
        if jobs:
            self._jobs.put(None)
            return jobs
        return None

    def _commit(self, write: sqlite3.Connection, jobs: list[Job]) -> None:
        batches = [batch for job_batches, _ in jobs for batch in job_batches]
        self._writing_since = time.monotonic()
        try:
            write.execute("BEGIN IMMEDIATE")
            results, nbytes = store(write, batches, self.last_seq, self._pruner.day)
            refused_bytes = sum_refused_bytes(batches, results)
            freed_bytes = self._pruner.make_room(refused_bytes, sum(len(batch.refused) for batch in batches))
            write.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 whatever it is, every waiting sender must get an answer
            _roll_back(write)
            self.note_failed_write(error)
            for _, done in jobs:
                done.set_exception(OutboxError(f"the outbox did not take the events: {error}"))
            return
        finally:
            self._writing_since = None
            self._committed += Volume.of_batches(batches)
        self.note_write()
        self._stored_bytes += nbytes
        self._pruner.count_refused(refused_bytes, freed_bytes)
        self.account = self.account.add(batches, results)
        self.wake.set()
        rest = iter(results)
        for job_batches, done in jobs:
            done.set_result(list(islice(rest, len(job_batches))))

    def _prune(self, write: sqlite3.Connection) -> None:
        try:
            if self.trouble:
                # Senders may be quiet meanwhile, so a trial finds out when the disk takes writes again.
                try_to_write(write, TRIAL_BYTES)
                self.note_write()
            self._pruner.prune(self.delivered_seq, self._delivered_bytes)
        except sqlite3.Error as error:
            # Pruning only saves space; the next round tries again.
            _roll_back(write)
            self.note_failed_write(error)


def _resolve(submitted: list[Submitted], done: Future[list[Stored]]) -> None:
    if error := done.exception():
        _fail(submitted, error)
        return
    for (_, stored), result in zip(submitted, done.result(), strict=True):
        if not stored.done():
            stored.set_result(result)


def _fail(submitted: list[Submitted], error: BaseException) -> None:
    for _, stored in submitted:
        if not stored.done():
            stored.set_exception(error)


def _roll_back(write: sqlite3.Connection) -> None:
    try:
        if write.in_transaction:
            write.execute("ROLLBACK")
    except sqlite3.Error as error:
        log.warning("outbox_not_rolled_back", error=str(error))
