"""The outbox as a file: opening it for one process alone, storing a batch, giving back the room of what is done."""

from __future__ import annotations

import fcntl
import sqlite3
import time
from importlib.resources import files
from pathlib import Path
from typing import IO
from uuid import UUID

from contract.refusals import Reason, Refusal
from ingest.admission import Admitted
from ingest.batch import Batch, Refused, Stored

IDS_PER_QUERY = 500
BUSY_TIMEOUT_S = 5.0
DAY_S = 86_400
# Ids of senders without UUIDv7 come in no order; a small cache would read the disk for nearly each of them.
CACHE_KIB = 65_536

STORE_FACT = """
INSERT INTO facts (key, time, type, value) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET time = excluded.time, type = excluded.type, value = excluded.value
WHERE (excluded.time, excluded.type) >= (facts.time, facts.type)
"""


class OutboxError(Exception):
    """The outbox cannot take events now (disk full, locked) or cannot be opened; the text says which and why."""


def lock(path: Path) -> IO[bytes]:
    """Claims the outbox for this process until the file returned is closed; ``OutboxError`` when another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Events may hold what a citizen wrote: nobody but this user reads them.
    path.touch(mode=0o600)
    claim = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        claim.close()
        told = "set HAILONG_OUTBOX_PATH to another file for each ingest"
        raise OutboxError(f"{path} is in use by another ingest; {told}") from error
    return claim


def connect(path: Path) -> sqlite3.Connection:
    """A connection that syncs each commit; any thread may use it, one at a time."""
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def prepare(write: sqlite3.Connection) -> None:
    """Makes the tables that are missing."""
    write.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    write.executescript(files("ingest").joinpath("schema.sql").read_text())


def store(write: sqlite3.Connection, batch: Batch, seq: int) -> tuple[Stored, int]:
    """Writes one batch behind sequence number ``seq``; what was done, and the bytes newly to be delivered."""
    known = _known_hashes(write, [event.id for _, event in batch.admitted])
    fresh: list[Admitted] = []
    conflicts: list[Refused] = []
    for index, event in batch.admitted:
        former = known.get(event.id)
        if former is None:
            known[event.id] = event.hash
            fresh.append(event)
        elif former != event.hash:
            detail = "id: was used before, for an event with other content; the former stays"
            conflicts.append(Refused(index, Refusal(Reason.ID_CONFLICT, detail, str(UUID(bytes=event.id))), event.raw))
    now_s = int(time.time())
    write.executemany(
        "INSERT INTO outbox (seq, topic, key, value, stored_s) VALUES (?, ?, ?, ?, ?)",
        [(seq + n, event.topic, event.key, event.value, now_s) for n, event in enumerate(fresh, start=1)],
    )
    write.executemany(
        "INSERT INTO seen (id, hash, day) VALUES (?, ?, ?)",
        [(event.id, event.hash, now_s // DAY_S) for event in fresh],
    )
    write.executemany(
        STORE_FACT,
        [(e.key, e.fact.time.isoformat(timespec="microseconds"), e.fact.type, e.value) for e in fresh if e.fact],
    )
    write.executemany(
        "INSERT INTO refused (received_at, sender, reason, detail, id, raw) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (batch.received_at, batch.sender, line.refusal.reason.value, line.refusal.detail, line.refusal.id, line.raw)
            for line in [*batch.refused, *conflicts]
        ],
    )
    accepted = len(batch.admitted) - len(conflicts)
    stored = Stored(accepted, accepted - len(fresh), conflicts, seq + len(fresh))
    return stored, sum(len(event.value) for event in fresh)


def _known_hashes(write: sqlite3.Connection, ids: list[bytes]) -> dict[bytes, bytes]:
    known: dict[bytes, bytes] = {}
    for start in range(0, len(ids), IDS_PER_QUERY):
        some = ids[start : start + IDS_PER_QUERY]
        marks = ",".join("?" * len(some))
        known.update(write.execute(f"SELECT id, hash FROM seen WHERE id IN ({marks})", some))  # noqa: S608 marks only
    return known


def drop_delivered(write: sqlite3.Connection, up_to_seq: int, limit: int) -> None:
    """Takes out at most ``limit`` rows, oldest first, none behind ``up_to_seq``."""
    write.execute("DELETE FROM outbox WHERE seq <= min(?, (SELECT min(seq) FROM outbox) + ? - 1)", (up_to_seq, limit))


def drop_old_ids(write: sqlite3.Connection, after: bytes, before_day: int, limit: int) -> bytes | None:
    """Looks at the next ``limit`` ids behind ``after`` and forgets those seen before a day since 1970.

    Returns where to go on, or None after the last id: a walk in steps, because looking at all would stop the writer.
    """
    row = write.execute("SELECT id FROM seen WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?", (after, limit - 1)).fetchone()
    if row is None:
        write.execute("DELETE FROM seen WHERE id > ? AND day < ?", (after, before_day))
        return None
    write.execute("DELETE FROM seen WHERE id > ? AND id <= ? AND day < ?", (after, row[0], before_day))
    return bytes(row[0])


def drop_refused(write: sqlite3.Connection, excess_bytes: int, limit: int) -> int:
    """Takes out the oldest refused lines until ``excess_bytes`` are freed or ``limit`` lines gone; bytes freed."""
    freed, last_seq = 0, 0
    for seq, nbytes in write.execute("SELECT seq, length(raw) FROM refused ORDER BY seq LIMIT ?", (limit,)):
        if freed >= excess_bytes:
            break
        freed, last_seq = freed + nbytes, seq
    write.execute("DELETE FROM refused WHERE seq <= ?", (last_seq,))
    return freed
