"""The durable outbox: what was accepted is synced here before the sender hears so, and stays until Kafka has it.

One thread writes. It commits everything that waits in one transaction (group commit), so that many small senders
cost one disk sync together.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from typing import Any

from ingest.account import Account
from ingest.outbox.batch import Batch, Stored, Waiting
from ingest.outbox.chunks import Chunk, DamagedChunk, damaged_chunks, note_damage, read_chunk
from ingest.outbox.day import DAY_S, OutboxDay
from ingest.outbox.disk_faults import cause_and_remedy, is_of_disk
from ingest.outbox.file import (
    OutboxError,
    connect,
    drop_delivered,
    drop_old_ids,
    drop_refused,
    kept_day,
    lock,
    note_day,
    prepare,
    refused_row_bytes,
    store,
    stored_s,
    try_to_write,
)
from ingest.outbox.paces import drop_old_paces
from runtime.telemetry import log

# A single Kafka node acknowledges from memory; rows outlive its next write-back to disk and go again after a restart.
KEEP_DELIVERED_S = 120.0
# At more than 4 MB a second they go earlier, so that an import does not fill the disk.
KEEP_DELIVERED_BYTES = 500_000_000
GROUP_MAX_JOBS = 64
PRUNE_EVERY_S = 1.0
PRUNE_ROWS = 20_000
PRUNE_DELIVERED = 200_000
REFUSALS_PAGE_BYTES = 16_000_000
# A commit of a full chunk and its ids is smaller.
TRIAL_BYTES = 500_000
# The file is not written each second for the sake of the day alone.
NOTE_DAY_EVERY_S = 60.0

# What waits for the disk; a sender beyond it is asked to come again.
MAX_WAITING_EVENTS = 100_000
MAX_WAITING_BYTES = 64_000_000
MAX_WAITING_S = 10.0

FIRST_AND_LAST = "SELECT min(first_seq), max(last_seq) FROM whole_chunks WHERE first_seq BETWEEN 1 AND last_seq"
# Without the breaks between the lines.
STORED_BYTES = "SELECT coalesce(sum(length(lines) + first_seq - last_seq), 0) FROM whole_chunks"

Job = tuple[list[Batch], Future[list[Stored]]]
RefusedRow = tuple[int, str, str, str, str, str | None, bytes]


class Outbox:
    """SQLite in WAL mode, synced at each commit. ``close`` ends the writing thread. Raises ``OutboxError`` when the
    file is damaged or another ingest has it; a damaged file is left as it is."""

    def __init__(
        self,
        path: Path,
        id_retention_days: int,
        refused_max_bytes: int,
        keep_delivered_s: float = KEEP_DELIVERED_S,
        tablet_backlog_days: int = 90,
        wall_s: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._tablet_backlog_days = tablet_backlog_days
        self._id_retention_days = id_retention_days
        self._refused_max_bytes = refused_max_bytes
        self._keep_delivered_s = keep_delivered_s
        self._wall_s = wall_s
        self.trouble: str | None = None
        """Why the file cannot be written now, and what to do; None while it can."""
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._handed_in = self._taken_out = Waiting()
        self._writing_since: float | None = None
        self.wake = threading.Event()
        self._claim = lock(path)
        try:
            self._write = connect(path)
            self._recall(self._write)
        except (sqlite3.Error, OutboxError) as error:
            self._claim.close()
            told = ". ".join(cause_and_remedy(error, path)) if isinstance(error, sqlite3.Error) else str(error)
            raise OutboxError(f"{path} cannot be used as the outbox and was left as it is: {told}") from error
        self._thread = threading.Thread(target=self._write_forever, args=(self._write,), name="outbox", daemon=True)
        self._thread.start()

    def _recall(self, write: sqlite3.Connection) -> None:
        prepare(write)
        kept_seq: int = write.execute("SELECT seq FROM delivered").fetchone()[0]
        first, last = write.execute(FIRST_AND_LAST).fetchone()
        self.account = Account(max(kept_seq, last or 0))
        # Rows kept beyond delivery go once more: Kafka may have lost what it had not written back before a power cut.
        # A first row behind what was delivered says that rows are missing between.
        delivered_seq: int = min(kept_seq, first - 1) if first else kept_seq
        self.progress = delivered_seq, 0
        """Up to which number all is delivered, and how many events were passed over as damaged since the start."""
        self.first_seq = self.delivered_seq + 1
        self.recalled: int = self.last_seq - self.delivered_seq
        self._stored_bytes: int = write.execute(STORED_BYTES).fetchone()[0]
        self._delivered_bytes = 0
        self.refused_bytes: int = write.execute("SELECT coalesce(sum(nbytes), 0) FROM refused_sizes").fetchone()[0]
        self._freed_bytes = 0
        self._noted_seq = kept_seq
        # When was delivered up to which number, and how many bytes since the start.
        self._deliveries: deque[tuple[float, int, int]] = deque()
        self._ids_looked_at: bytes | None = b""
        self._ids_pruned_day = 0
        self._day = kept_day(write) or OutboxDay(int(self._wall_s()) // DAY_S)
        self._day_at_s = time.monotonic()
        self._day_noted_s = float("-inf")

    @property
    def last_seq(self) -> int:
        """The number of the newest event that is synced."""
        return self.account.last_seq

    @property
    def delivered_seq(self) -> int:
        """The number of the newest event that Kafka has, as everything before it."""
        return self.progress[0]

    @property
    def pending_bytes(self) -> int:
        """Bytes that Kafka has not acknowledged yet."""
        return self._stored_bytes - self._delivered_bytes

    @property
    def waiting(self) -> Waiting:
        """What was handed in and is not synced yet."""
        return self._handed_in - self._taken_out

    def submit(self, batches: list[Batch]) -> Future[list[Stored]]:
        """Queues batches; the future is done when all are synced to disk, or fails with ``OutboxError``."""
        if refused := self._beyond_bounds():
            raise OutboxError(refused)
        done: Future[list[Stored]] = Future()
        # From here on it cannot be cancelled: a sender that went away must not disturb the others of its group.
        done.set_running_or_notify_cancel()
        self._handed_in += Waiting.of(batches)
        self._jobs.put((batches, done))
        return done

    def _beyond_bounds(self) -> str | None:
        waiting, since = self.waiting, self._writing_since
        if waiting.events > MAX_WAITING_EVENTS or waiting.nbytes > MAX_WAITING_BYTES:
            return f"{waiting.events} events wait for the disk already"
        if since is not None and time.monotonic() - since > MAX_WAITING_S:
            return f"the disk has not answered for {MAX_WAITING_S:.0f} s"
        return None

    def close(self) -> None:
        """Writes what waits and stops."""
        self._jobs.put(None)
        self._thread.join()
        self._claim.close()

    def read(self, after_seq: int, connection: sqlite3.Connection) -> Chunk | DamagedChunk | None:
        """The events behind ``after_seq``, as far as they were stored together; None when there are none.

        A damaged chunk is noted before it is returned, and logged when it is found.
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

    def damaged(self) -> list[dict[str, Any]]:
        """Every chunk that was set aside."""
        connection = self.reader()
        try:
            return damaged_chunks(connection)
        finally:
            connection.close()

    def reader(self) -> sqlite3.Connection:
        """A connection for reading from another thread."""
        return connect(self._path)

    def pending_s(self) -> float:
        """How long the oldest event has waited for Kafka, in seconds; 0.0 when none does."""
        if self.delivered_seq >= self.last_seq:
            return 0.0
        connection = self.reader()
        try:
            return max(0.0, time.time() - (stored_s(connection, self.delivered_seq) or time.time()))
        finally:
            connection.close()

    def facts(self) -> list[bytes]:
        """The reference events known to this ingest, for a start while Kafka is away."""
        connection = self.reader()
        try:
            return [row[0] for row in connection.execute("SELECT value FROM facts")]
        except sqlite3.Error as error:
            told = ". ".join(cause_and_remedy(error, self._path))
            raise OutboxError(f"the units and tablets in {self._path} cannot be read: {told}") from error
        finally:
            connection.close()

    def refusals(self, after: int, limit: int) -> list[RefusedRow]:
        """Refused lines behind ``after``: number, instant, sender, reason, detail, id, raw bytes.

        Fewer than ``limit`` when their bytes are many.
        """
        connection = self.reader()
        try:
            rows: list[RefusedRow] = []
            nbytes = 0
            for row in connection.execute(
                "SELECT seq, received_at, sender, reason, detail, id, raw FROM refused WHERE seq > ?"
                " ORDER BY seq LIMIT ?",
                (after, limit),
            ):
                rows.append(row)
                nbytes += len(row[-1])
                if nbytes > REFUSALS_PAGE_BYTES:
                    break
            return rows
        finally:
            connection.close()

    def delivered(self, seq: int, nbytes: int, damaged_events: int = 0) -> None:
        """Notes that Kafka has every row up to ``seq``, the last ``nbytes`` of them newly so, but for those damaged."""
        self.progress = seq, self.progress[1] + damaged_events
        self._delivered_bytes += nbytes

    def written_again(self) -> None:
        """Notes that the file takes what is written."""
        if self.trouble:
            self.trouble = None
            log.info("outbox_writes_again", path=str(self._path))

    def not_written(self, error: BaseException) -> None:
        """Notes, and logs at the first of a row, that the file or its disk refuses what is written."""
        if isinstance(error, sqlite3.Error) and is_of_disk(error):
            cause, remedy = cause_and_remedy(error, self._path)
            if not self.trouble:
                log.error("outbox_does_not_write", path=str(self._path), cause=cause, remedy=remedy)
            self.trouble = f"the outbox does not write: {cause}. {remedy}"

    def _write_forever(self, write: sqlite3.Connection) -> None:
        pruned_at = time.monotonic()
        while True:
            jobs = self._gather(PRUNE_EVERY_S)
            if jobs is None:
                write.close()
                return
            if jobs:
                self._commit(write, jobs)
            if time.monotonic() - pruned_at >= PRUNE_EVERY_S:
                self._prune(write)
                pruned_at = time.monotonic()

    def _gather(self, timeout_s: float) -> list[Job] | None:
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
        batches = [batch for some, _ in jobs for batch in some]
        self._writing_since = time.monotonic()
        try:
            write.execute("BEGIN IMMEDIATE")
            answers, nbytes = store(write, batches, self.last_seq, self._day.day)
            refused_bytes = _refused_bytes(batches, answers)
            freed = self._make_room(write, refused_bytes, sum(len(batch.refused) for batch in batches))
            write.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 whatever it is, every waiting sender must hear of it
            _roll_back(write)
            self.not_written(error)
            for _, done in jobs:
                done.set_exception(OutboxError(f"the outbox did not take the events: {error}"))
            return
        finally:
            self._writing_since = None
            self._taken_out += Waiting.of(batches)
        self.written_again()
        self._stored_bytes += nbytes
        self.refused_bytes += refused_bytes - freed
        self._freed_bytes += freed
        self.account = self.account.after(batches, answers)
        self.wake.set()
        rest = iter(answers)
        for some, done in jobs:
            done.set_result(list(islice(rest, len(some))))

    def _make_room(self, write: sqlite3.Connection, more_bytes: int, more_lines: int) -> int:
        """Drops the oldest refused lines within the transaction that stores new ones; bytes freed."""
        excess_bytes = self.refused_bytes + more_bytes - self._refused_max_bytes
        if excess_bytes <= 0:
            return 0
        return drop_refused(write, excess_bytes, PRUNE_ROWS + 2 * more_lines)

    def _prune(self, write: sqlite3.Connection) -> None:
        try:
            if self.trouble:
                # Nobody may send meanwhile: that the disk takes something again must be found out here.
                try_to_write(write, TRIAL_BYTES)
                self.written_again()
            write.execute("BEGIN IMMEDIATE")
            noted_seq = self._prune_delivered(write)
            looked_at = self._prune_ids(write)
            freed = self._make_room(write, 0, 0)
            write.execute("COMMIT")
        except sqlite3.Error as error:
            # Pruning only saves space; the next round tries again.
            _roll_back(write)
            self.not_written(error)
            return
        self._noted_seq, self._ids_looked_at = noted_seq, looked_at
        self.refused_bytes -= freed
        freed_bytes, self._freed_bytes = self._freed_bytes + freed, 0
        if freed_bytes:
            log.warning("oldest_refused_lines_dropped", freed_bytes=freed_bytes, kept_bytes=self.refused_bytes)

    def _prune_delivered(self, write: sqlite3.Connection) -> int:
        """Drops what was delivered long enough ago, however long it had waited before."""
        now_s, seq, nbytes = time.monotonic(), self.delivered_seq, self._delivered_bytes
        if not self._deliveries or self._deliveries[-1][1] != seq:
            self._deliveries.append((now_s, seq, nbytes))
        if seq != self._noted_seq:
            write.execute("UPDATE delivered SET seq = ?", (seq,))

        def is_due(delivery: tuple[float, int, int]) -> bool:
            at_s, _, upto_bytes = delivery
            return at_s <= now_s - self._keep_delivered_s or nbytes - upto_bytes > KEEP_DELIVERED_BYTES

        while len(self._deliveries) > 1 and is_due(self._deliveries[1]):
            self._deliveries.popleft()
        if is_due(self._deliveries[0]):
            drop_delivered(write, self._deliveries[0][1], PRUNE_DELIVERED)
        return seq

    def _prune_ids(self, write: sqlite3.Connection) -> bytes | None:
        today = self._pass_time(write)
        if today != self._ids_pruned_day:
            self._ids_pruned_day, self._ids_looked_at = today, b""
            drop_old_paces(write, today - self._tablet_backlog_days - 1)
        if self._ids_looked_at is None:
            return None
        return drop_old_ids(write, self._ids_looked_at, today - self._id_retention_days, PRUNE_ROWS)

    def _pass_time(self, write: sqlite3.Connection) -> int:
        """The day since 1970 by which ids are old."""
        now_s = time.monotonic()
        former, self._day = self._day, self._day.after(now_s - self._day_at_s, self._wall_s())
        self._day_at_s = now_s
        if self._day.jumped_s and not former.jumped_s:
            remedy = "set this machine's clock right; known ids are kept as they are for a day"
            log.warning("clock_jumped", from_day=former.day, to_day=int(self._wall_s()) // DAY_S, remedy=remedy)
        if self._day.day != former.day or now_s - self._day_noted_s > NOTE_DAY_EVERY_S:
            note_day(write, self._day)
            self._day_noted_s = now_s
        return self._day.day


def _refused_bytes(batches: list[Batch], answers: list[Stored]) -> int:
    """What the refused lines of these batches take of the disk."""
    return sum(
        refused_row_bytes(batch, line)
        for batch, answer in zip(batches, answers, strict=True)
        for line in [*batch.refused, *answer.conflicts]
    )


def _roll_back(write: sqlite3.Connection) -> None:
    try:
        if write.in_transaction:
            write.execute("ROLLBACK")
    except sqlite3.Error as error:
        log.warning("outbox_not_rolled_back", error=str(error))
