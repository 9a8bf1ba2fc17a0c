"""The durable outbox: what was accepted is synced here before the sender hears so, and stays until Kafka has it.

One thread writes. It commits everything that waits in one transaction (group commit), so that many small senders
cost one disk sync together.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from uuid import UUID

from contract.refusals import Reason, Refusal
from ingest.admission import Admitted
from runtime.telemetry import log

# A single Kafka node acknowledges from memory; rows outlive its next write-back to disk and go again after a restart.
KEEP_DELIVERED_S = 120
GROUP_MAX_JOBS = 64
PRUNE_EVERY_S = 5.0
PRUNE_ROWS = 20_000
PRUNE = """
DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE seq <= ? AND stored_s < ? ORDER BY seq LIMIT ?)
"""
IDS_PER_QUERY = 500
BUSY_TIMEOUT_S = 5.0
DAY_S = 86_400


class OutboxError(Exception):
    """The outbox cannot take events now (disk full, locked); the sender should come again."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused line as it came, to be fetched again later."""

    index: int
    received_at: str
    sender: str
    refusal: Refusal
    raw: bytes


@dataclass(slots=True)
class Batch:
    """One request's events, each with its place in the request."""

    admitted: list[tuple[int, Admitted]] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    received_at: str = ""
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the outbox did: events that were new or known, refusals found here, and the last sequence number."""

    accepted: int
    repeated: int
    conflicts: list[Refused]
    last_seq: int


class Outbox:
    """SQLite in WAL mode, synced at each commit. ``close`` ends the writing thread."""

    def __init__(self, path: Path, id_retention_days: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._id_retention_days = id_retention_days
        self._jobs: queue.Queue[tuple[Batch, Future[Stored]] | None] = queue.Queue()
        self.wake = threading.Event()
        write = self._connect()
        write.executescript(files("ingest").joinpath("schema.sql").read_text())
        self.delivered_seq: int = write.execute("SELECT seq FROM delivered").fetchone()[0]
        # Rows kept beyond delivery go once more: Kafka may have lost what it had not written back before a power cut.
        first = write.execute("SELECT min(seq) FROM outbox").fetchone()[0]
        self.delivered_seq = first - 1 if first else self.delivered_seq
        self.last_seq: int = write.execute(
            "SELECT max((SELECT seq FROM delivered), coalesce((SELECT max(seq) FROM outbox), 0))"
        ).fetchone()[0]
        self._stored_bytes: int = write.execute(
            "SELECT coalesce(sum(length(value)), 0) FROM outbox WHERE seq > ?", (self.delivered_seq,)
        ).fetchone()[0]
        self._delivered_bytes = 0
        self.refused_bytes: int = write.execute("SELECT coalesce(sum(length(raw)), 0) FROM refused").fetchone()[0]
        self._ids_pruned_day = 0
        self._thread = threading.Thread(target=self._write_forever, args=(write,), name="outbox", daemon=True)
        self._thread.start()

    @property
    def pending_bytes(self) -> int:
        """Bytes that Kafka has not acknowledged yet."""
        return self._stored_bytes - self._delivered_bytes

    def submit(self, batch: Batch) -> Future[Stored]:
        """Queues a batch; the future is done when it is synced to disk, or fails with ``OutboxError``."""
        done: Future[Stored] = Future()
        self._jobs.put((batch, done))
        return done

    def close(self) -> None:
        """Writes what waits and stops."""
        self._jobs.put(None)
        self._thread.join()

    def read(self, after_seq: int, limit: int, connection: sqlite3.Connection) -> list[tuple[int, str, str, bytes]]:
        """Rows behind ``after_seq`` in order: sequence number, topic, key, value."""
        return connection.execute(
            "SELECT seq, topic, key, value FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?", (after_seq, limit)
        ).fetchall()

    def reader(self) -> sqlite3.Connection:
        """A connection for reading from another thread."""
        return self._connect()

    def reference(self) -> Iterator[bytes]:
        """The reference events known to this ingest, for a start while Kafka is away."""
        connection = self._connect()
        try:
            yield from (row[0] for row in connection.execute("SELECT value FROM reference"))
        finally:
            connection.close()

    def refusals(self, after: int, limit: int) -> list[tuple[int, str, str, str, str, str | None, bytes]]:
        """Refused lines behind ``after``: number, instant, sender, reason, detail, id, raw bytes."""
        connection = self._connect()
        try:
            return connection.execute(
                "SELECT seq, received_at, sender, reason, detail, id, raw FROM refused WHERE seq > ?"
                " ORDER BY seq LIMIT ?",
                (after, limit),
            ).fetchall()
        finally:
            connection.close()

    def delivered(self, seq: int, nbytes: int) -> None:
        """Notes that Kafka has every row up to ``seq``, the last ``nbytes`` of them newly so."""
        self.delivered_seq = seq
        self._delivered_bytes += nbytes

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

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

    def _gather(self, timeout_s: float) -> list[tuple[Batch, Future[Stored]]] | None:
        jobs: list[tuple[Batch, Future[Stored]]] = []
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

    def _commit(self, write: sqlite3.Connection, jobs: list[tuple[Batch, Future[Stored]]]) -> None:
        seq, stored_bytes, refused_bytes = self.last_seq, self._stored_bytes, self.refused_bytes
        answers: list[Stored] = []
        try:
            write.execute("BEGIN IMMEDIATE")
            for batch, _ in jobs:
                stored, nbytes = _store(write, batch, seq)
                answers.append(stored)
                seq = stored.last_seq
                stored_bytes += nbytes
                refused_bytes += sum(len(line.raw) for line in [*batch.refused, *stored.conflicts])
            write.execute("COMMIT")
        except sqlite3.Error as error:
            if write.in_transaction:
                write.execute("ROLLBACK")
            for _, done in jobs:
                done.set_exception(OutboxError(f"the outbox did not take the events: {error}"))
            return
        self.last_seq, self._stored_bytes, self.refused_bytes = seq, stored_bytes, refused_bytes
        self.wake.set()
        for (_, done), answer in zip(jobs, answers, strict=True):
            done.set_result(answer)

    def _prune(self, write: sqlite3.Connection) -> None:
        now_s = int(time.time())
        statements: list[tuple[str, tuple[int, ...]]] = [
            ("UPDATE delivered SET seq = ?", (self.delivered_seq,)),
            (
                PRUNE,
                (self.delivered_seq, now_s - KEEP_DELIVERED_S, PRUNE_ROWS),
            ),
        ]
        today = now_s // DAY_S
        if today != self._ids_pruned_day:
            statements.append(("DELETE FROM seen WHERE day < ?", (today - self._id_retention_days,)))
            self._ids_pruned_day = today
        for statement, parameters in statements:
            try:
                write.execute(statement, parameters)
            except sqlite3.Error as error:
                # Pruning only saves space; the next round tries again, and a full disk is reported by the commits.
                log.warning("outbox_not_pruned", error=str(error))


def _store(write: sqlite3.Connection, batch: Batch, seq: int) -> tuple[Stored, int]:
    known = _known_hashes(write, [event.id for _, event in batch.admitted])
    fresh: list[tuple[int, Admitted]] = []
    conflicts: list[Refused] = []
    for index, event in batch.admitted:
        former = known.get(event.id)
        if former is None:
            known[event.id] = event.hash
            fresh.append((index, event))
        elif former != event.hash:
            event_id = str(UUID(bytes=event.id))
            refusal = Refusal(Reason.ID_CONFLICT, "id: known already, with other content", event_id)
            conflicts.append(Refused(index, batch.received_at, batch.sender, refusal, event.value))
    now_s = int(time.time())
    write.executemany(
        "INSERT INTO outbox (seq, topic, key, value, stored_s) VALUES (?, ?, ?, ?, ?)",
        [(seq + n, event.topic, event.key, event.value, now_s) for n, (_, event) in enumerate(fresh, start=1)],
    )
    write.executemany(
        "INSERT INTO seen (id, hash, day) VALUES (?, ?, ?)",
        [(event.id, event.hash, now_s // DAY_S) for _, event in fresh],
    )
    write.executemany(
        "INSERT INTO reference (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        [(event.key, event.value) for _, event in fresh if event.reference],
    )
    write.executemany(
        "INSERT INTO refused (received_at, sender, reason, detail, id, raw) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (line.received_at, line.sender, line.refusal.reason.value, line.refusal.detail, line.refusal.id, line.raw)
            for line in [*batch.refused, *conflicts]
        ],
    )
    accepted = len(batch.admitted) - len(conflicts)
    stored = Stored(accepted, accepted - len(fresh), conflicts, seq + len(fresh))
    return stored, sum(len(event.value) for _, event in fresh)


def _known_hashes(write: sqlite3.Connection, ids: list[bytes]) -> dict[bytes, bytes]:
    known: dict[bytes, bytes] = {}
    for start in range(0, len(ids), IDS_PER_QUERY):
        some = ids[start : start + IDS_PER_QUERY]
        marks = ",".join("?" * len(some))
        known.update(write.execute(f"SELECT id, hash FROM seen WHERE id IN ({marks})", some))  # noqa: S608 marks only
    return known
