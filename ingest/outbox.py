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
from concurrent.futures import Future
from itertools import islice
from pathlib import Path

from ingest.account import Account
from ingest.batch import Batch, Stored, Waiting
from ingest.outbox_file import (
    DAY_S,
    Chunk,
    OutboxError,
    connect,
    drop_delivered,
    drop_old_ids,
    drop_refused,
    lock,
    prepare,
    read_chunk,
    store,
    stored_s,
)
from ingest.outbox_paces import drop_old_paces
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

# What waits for the disk; a sender beyond it is asked to come again.
MAX_WAITING_EVENTS = 100_000
MAX_WAITING_BYTES = 64_000_000
MAX_WAITING_S = 10.0

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
    ) -> None:
        self._path = path
        self._tablet_backlog_days = tablet_backlog_days
        self._id_retention_days = id_retention_days
        self._refused_max_bytes = refused_max_bytes
        self._keep_delivered_s = keep_delivered_s
        self._jobs: queue.Queue[Job | None] = queue.Queue()
        self._handed_in = self._taken_out = Waiting()
        self._writing_since: float | None = None
        self.wake = threading.Event()
        self._claim = lock(path)
        try:
            self._write = connect(path)
            self._recall(self._write)
        except sqlite3.Error as error:
            self._claim.close()
            told = "it was left as it is; move it aside to start with an empty one"
            raise OutboxError(f"{path} cannot be used as the outbox ({error}); {told}") from error
        self._thread = threading.Thread(target=self._write_forever, args=(self._write,), name="outbox", daemon=True)
        self._thread.start()

    def _recall(self, write: sqlite3.Connection) -> None:
        prepare(write)
        kept_seq: int = write.execute("SELECT seq FROM delivered").fetchone()[0]
        first, last = write.execute("SELECT min(first_seq), max(last_seq) FROM chunks").fetchone()
        self.account = Account(max(kept_seq, last or 0))
        # Rows kept beyond delivery go once more: Kafka may have lost what it had not written back before a power cut.
        self.delivered_seq: int = first - 1 if first else kept_seq
        self.first_seq = self.delivered_seq + 1
        self.recalled: int = self.last_seq - self.delivered_seq
        # Without the breaks between the lines.
        stored_bytes = "SELECT coalesce(sum(length(lines) + first_seq - last_seq), 0) FROM chunks"
        self._stored_bytes: int = write.execute(stored_bytes).fetchone()[0]
        self._delivered_bytes = 0
        self.refused_bytes: int = write.execute("SELECT coalesce(sum(length(raw)), 0) FROM refused").fetchone()[0]
        self._noted_seq = kept_seq
        # When was delivered up to which number, and how many bytes since the start.
        self._deliveries: deque[tuple[float, int, int]] = deque()
        self._ids_looked_at: bytes | None = b""
        self._ids_pruned_day = 0

    @property
    def last_seq(self) -> int:
        """The number of the newest event that is synced."""
        return self.account.last_seq

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

    def read(self, after_seq: int, connection: sqlite3.Connection) -> Chunk | None:
        """The events behind ``after_seq``, as far as they were stored together; None when there are none."""
        return read_chunk(connection, after_seq)

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

    def delivered(self, seq: int, nbytes: int) -> None:
        """Notes that Kafka has every row up to ``seq``, the last ``nbytes`` of them newly so."""
        self.delivered_seq = seq
        self._delivered_bytes += nbytes

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
            answers, nbytes = store(write, batches, self.last_seq)
            write.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 whatever it is, every waiting sender must hear of it
            _roll_back(write)
            for _, done in jobs:
                done.set_exception(OutboxError(f"the outbox did not take the events: {error}"))
            return
        finally:
            self._writing_since = None
            self._taken_out += Waiting.of(batches)
        self._stored_bytes += nbytes
        self.refused_bytes += sum(
            len(line.raw)
            for batch, answer in zip(batches, answers, strict=True)
            for line in [*batch.refused, *answer.conflicts]
        )
        self.account = self.account.after(batches, answers)
        self.wake.set()
        rest = iter(answers)
        for some, done in jobs:
            done.set_result(list(islice(rest, len(some))))

    def _prune(self, write: sqlite3.Connection) -> None:
        try:
            write.execute("BEGIN IMMEDIATE")
            noted_seq = self._prune_delivered(write)
            looked_at = self._prune_ids(write)
            freed = 0
            if self.refused_bytes > self._refused_max_bytes:
                freed = drop_refused(write, self.refused_bytes - self._refused_max_bytes, PRUNE_ROWS)
            write.execute("COMMIT")
        except sqlite3.Error as error:
            # Pruning only saves space; the next round tries again, and a full disk is reported by the commits.
            _roll_back(write)
            log.warning("outbox_not_pruned", error=str(error))
            return
        self._noted_seq, self._ids_looked_at = noted_seq, looked_at
        self.refused_bytes -= freed
        if freed:
            log.warning("oldest_refused_lines_dropped", freed_bytes=freed, kept_bytes=self.refused_bytes)

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
        today = int(time.time()) // DAY_S
        if today != self._ids_pruned_day:
            self._ids_pruned_day, self._ids_looked_at = today, b""
            drop_old_paces(write, today - self._tablet_backlog_days - 1)
        if self._ids_looked_at is None:
            return None
        return drop_old_ids(write, self._ids_looked_at, today - self._id_retention_days, PRUNE_ROWS)


def _roll_back(write: sqlite3.Connection) -> None:
    try:
        if write.in_transaction:
            write.execute("ROLLBACK")
    except sqlite3.Error as error:
        log.warning("outbox_not_rolled_back", error=str(error))
