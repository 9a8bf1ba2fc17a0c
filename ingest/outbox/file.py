"""The outbox as a file: opening it for one process alone, storing a batch, giving back the room of what is done."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import time
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import IO
from uuid import UUID

from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Admitted
from ingest.outbox.batch import Batch, Refused, Stored
from ingest.outbox.chunks import STORE_CHUNK, checksum
from ingest.outbox.day import OutboxDay
from ingest.outbox.disk_faults import RECOVER
from ingest.outbox.paces import Paces

CHUNK_EVENTS = 500
CHUNK_BYTES = 1_000_000
BUSY_TIMEOUT_S = 5.0
# Ids of senders without UUIDv7 come in no order; a small cache would read the disk for nearly each of them.
CACHE_KIB = 65_536

FIRST_TABLES = {"chunks", "seen", "facts", "refused", "delivered"}
"""The tables that every version made."""

STORE_FACT = """
INSERT INTO facts (key, time, type, value) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET time = excluded.time, type = excluded.type, value = excluded.value
WHERE (excluded.time, excluded.type) >= (facts.time, facts.type)
"""


# What was set aside as damaged stays where it is.
DROP_DELIVERED = """
DELETE FROM chunks WHERE last_seq IN (
  SELECT last_seq FROM whole_chunks
  WHERE last_seq <= min(?, (SELECT first_seq FROM whole_chunks ORDER BY last_seq LIMIT 1) + ? - 1)
)
"""
STORE_REFUSED = "INSERT INTO refused (received_at, sender, reason, detail, id, raw) VALUES (?, ?, ?, ?, ?, ?)"

# Ids come packed, 16 bytes after 16 bytes, so that one statement takes them all.
STORE_IDS = """
INSERT INTO seen (id, hash, day)
WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?2)
SELECT substr(?1, 32 * n + 1, 16), substr(?1, 32 * n + 17, 16), ?3 FROM place
"""
FIND_IDS = """
WITH RECURSIVE place (n) AS (SELECT 0 WHERE ?2 > 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?2)
SELECT id, hash FROM place CROSS JOIN seen ON id = substr(?1, 16 * n + 1, 16)
"""
REFUSED_ROW_BYTES = 64
"""What a refused line takes of the disk beside its texts; the same number stands in the view ``refused_sizes``."""
ID_CONFLICT = "id: was used before, for an event with other content; the former stays"


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
    """Makes the tables that are missing; ``OutboxError`` for a file with tables of another version."""
    write.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    if write.execute("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").fetchone():
        raise OutboxError(
            "an older version of ingest made it; let that version deliver what it holds, or move it aside"
        )
    names = {row[0] for row in write.execute("SELECT name FROM sqlite_schema")}
    if names and not names >= FIRST_TABLES:
        # Made anew, it would be empty, and what the file holds of it forgotten without a word.
        missing = ", ".join(sorted(FIRST_TABLES - names))
        raise OutboxError(f"it is damaged, it has no table {missing}. {RECOVER}")
    write.executescript(files("ingest.outbox").joinpath("schema.sql").read_text())
    if not write.execute("SELECT 1 FROM pragma_table_info('chunks') WHERE name = 'checksum'").fetchone():
        write.execute("ALTER TABLE chunks ADD COLUMN checksum BLOB")


def stored_s(connection: sqlite3.Connection, after_seq: int) -> int | None:
    """When the first chunk that goes on behind ``after_seq`` was stored, in seconds since 1970."""
    row = connection.execute(
        "SELECT stored_s FROM chunks WHERE last_seq > ? ORDER BY last_seq LIMIT 1", (after_seq,)
    ).fetchone()
    return int(row[0]) if row else None


def store(write: sqlite3.Connection, batches: list[Batch], seq: int, day: int) -> tuple[list[Stored], int]:
    """Writes batches behind number ``seq`` on a day since 1970; what was done with each, and the bytes to deliver.

    As few statements as there can be: each one waits for the interpreter's lock, which the door holds most of the time.
    """
    known = _known_hashes(write, [event.id for batch in batches for _, event in batch.admitted])
    fresh: list[Admitted] = []
    answers: list[Stored] = []
    paces = Paces(write)
    for batch in batches:
        conflicts: list[Refused] = []
        before = len(fresh)
        for index, event in batch.admitted:
            former = known.get(event.id)
            if former is None:
                if new := event.unless_known or paces.refusal(batch, event):
                    conflicts.append(Refused(index, new, event.raw))
                    continue
                known[event.id] = event.hash
                fresh.append(event)
            elif former != event.hash:
                refusal = Refusal(Reason.ID_CONFLICT, ID_CONFLICT, str(UUID(bytes=event.id)))
                conflicts.append(Refused(index, refusal, event.raw))
        accepted = len(batch.admitted) - len(conflicts)
        facts = [event.fact for event in fresh[before:] if event.fact]
        answers.append(Stored(accepted, accepted - (len(fresh) - before), conflicts, seq + len(fresh), facts))
    if fresh:
        _append(write, fresh, seq, day)
        paces.save()
    refused = [
        (batch.received_at, batch.sender, line.refusal.reason.value, line.refusal.detail, line.refusal.id, line.raw)
        for batch, stored in zip(batches, answers, strict=True)
        for line in [*batch.refused, *stored.conflicts]
    ]
    if refused:
        write.executemany(STORE_REFUSED, refused)
    return answers, sum(len(event.value) for event in fresh)


def _append(write: sqlite3.Connection, fresh: list[Admitted], seq: int, day: int) -> None:
    now_s = int(time.time())
    for start, end in _chunks(fresh):
        some = fresh[start:end]
        routes = json.dumps([(event.topic, event.key) for event in some], ensure_ascii=False)
        lines = b"\n".join([event.value for event in some])
        first_seq, last_seq = seq + start + 1, seq + end
        proof = checksum(first_seq, last_seq, routes.encode(), lines)
        write.execute(STORE_CHUNK, (last_seq, first_seq, routes, lines, now_s, proof))
    packed = b"".join([part for event in fresh for part in (event.id, event.hash)])
    write.execute(STORE_IDS, (packed, len(fresh), day))
    facts = [(e.key, e.fact.time.isoformat(timespec="microseconds"), e.fact.type, e.value) for e in fresh if e.fact]
    if facts:
        write.executemany(STORE_FACT, facts)


def _chunks(events: list[Admitted]) -> Iterator[tuple[int, int]]:
    """Where each chunk begins and ends."""
    start, nbytes = 0, 0
    for n, event in enumerate(events):
        if n - start == CHUNK_EVENTS or nbytes > CHUNK_BYTES:
            yield start, n
            start, nbytes = n, 0
        nbytes += len(event.value)
    yield start, len(events)


def _known_hashes(write: sqlite3.Connection, ids: list[bytes]) -> dict[bytes, bytes]:
    return dict(write.execute(FIND_IDS, (b"".join(ids), len(ids))).fetchall())


def drop_delivered(write: sqlite3.Connection, up_to_seq: int, limit: int) -> None:
    """Takes out at most ``limit`` events, oldest first, none behind ``up_to_seq``."""
    write.execute(DROP_DELIVERED, (up_to_seq, limit))


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
    for seq, nbytes in write.execute("SELECT seq, nbytes FROM refused_sizes ORDER BY seq LIMIT ?", (limit,)):
        if freed >= excess_bytes:
            break
        freed, last_seq = freed + nbytes, seq
    write.execute("DELETE FROM refused WHERE seq <= ?", (last_seq,))
    return freed


def refused_row_bytes(batch: Batch, line: Refused) -> int:
    """What a refused line takes of the disk, as the view ``refused_sizes`` counts it."""
    refusal = line.refusal
    texts = (refusal.detail, refusal.id or "", batch.sender, refusal.reason.value, batch.received_at)
    return len(line.raw) + sum(len(text.encode()) for text in texts) + REFUSED_ROW_BYTES


def kept_day(write: sqlite3.Connection) -> OutboxDay | None:
    """The day that was noted last; None in a file that never had one."""
    row = write.execute("SELECT day, jumped_s FROM day").fetchone()
    return OutboxDay(*row) if row else None


def note_day(write: sqlite3.Connection, day: OutboxDay) -> None:
    """Keeps the day over a restart."""
    write.execute("INSERT OR REPLACE INTO day (one, day, jumped_s) VALUES (1, ?, ?)", (day.day, day.jumped_s))


def try_to_write(write: sqlite3.Connection, nbytes: int) -> None:
    """Writes so many bytes and takes them out again, both synced; ``sqlite3.Error`` while that cannot be done."""
    write.execute("INSERT OR REPLACE INTO trial (one, bytes) VALUES (1, zeroblob(?))", (nbytes,))
    write.execute("DELETE FROM trial")
