"""The outbox file: opens it for one process, stores batches in chunks, deletes what is no longer needed."""

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

from contract.events.refusals import Reason
from ingest.outbox.batch import Admitted, Batch, OutboxError, Refused, StepRefusal, Stored
from ingest.outbox.chunks import STORE_CHUNK, checksum
from ingest.outbox.day import OutboxDay
from ingest.outbox.disk_faults import RECOVER
from ingest.outbox.paces import Paces
from ingest.outbox.refused import store_refused

CHUNK_EVENTS = 500
CHUNK_BYTES = 1_000_000
BUSY_TIMEOUT_S = 5.0
# Ids other than UUIDv7 come in random order; a small cache would read the disk for nearly each of them.
CACHE_KIB = 65_536

FIRST_TABLES = {"chunks", "seen", "facts", "refused", "delivered"}
"""Tables that exist in a file of any version."""

STORE_FACT = """
INSERT INTO facts (key, time, type, value) VALUES (?, ?, ?, ?)
ON CONFLICT (key) DO UPDATE SET time = excluded.time, type = excluded.type, value = excluded.value
WHERE (excluded.time, excluded.type) >= (facts.time, facts.type)
"""

# Chunks noted as damaged are never deleted.
DROP_DELIVERED = """
DELETE FROM chunks WHERE last_seq IN (
  SELECT last_seq FROM whole_chunks
  WHERE last_seq <= min(?, (SELECT first_seq FROM whole_chunks ORDER BY last_seq LIMIT 1) + ? - 1)
)
"""

# Ids and hashes are passed packed, 16 bytes after 16 bytes, so that one statement takes them all.
STORE_IDS = """
INSERT INTO seen (id, hash, day)
WITH RECURSIVE place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?2)
SELECT substr(?1, 32 * n + 1, 16), substr(?1, 32 * n + 17, 16), ?3 FROM place
"""
FIND_IDS = """
WITH RECURSIVE place (n) AS (SELECT 0 WHERE ?2 > 0 UNION ALL SELECT n + 1 FROM place WHERE n + 1 < ?2)
SELECT id, hash FROM place CROSS JOIN seen ON id = substr(?1, 16 * n + 1, 16)
"""
CHECK_ID = "check_id"
"""The step of admission that only the outbox can do: it has the ids."""
ID_CONFLICT = "id: was used before, for an event with other content; the former stays"


def lock_file(path: Path) -> IO[bytes]:
    """Claims the outbox for this process until the file returned is closed; ``OutboxError`` when another has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Events may contain a citizen's own text: only this user may read the file.
    path.touch(mode=0o600)
    claim = path.with_name(path.name + ".lock").open("ab")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        claim.close()
        remedy = "set HAILONG_OUTBOX_PATH to another file for each ingest"
        raise OutboxError(f"{path} is in use by another ingest; {remedy}") from error
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


def create_tables(write: sqlite3.Connection) -> None:
    """Creates missing tables; ``OutboxError`` for a file that is damaged or of another version."""
    write.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    if write.execute("SELECT 1 FROM sqlite_schema WHERE name = 'outbox'").fetchone():
        raise OutboxError(
            "an older version of ingest made it; let that version deliver what it holds, or move it aside"
        )
    names = {row[0] for row in write.execute("SELECT name FROM sqlite_schema")}
    if names and not names >= FIRST_TABLES:
        # A new, empty table would hide that events were lost.
        missing = ", ".join(sorted(FIRST_TABLES - names))
        raise OutboxError(f"it is damaged, it has no table {missing}. {RECOVER}")
    write.executescript(files("ingest.outbox").joinpath("schema.sql").read_text())
    if not write.execute("SELECT 1 FROM pragma_table_info('chunks') WHERE name = 'checksum'").fetchone():
        write.execute("ALTER TABLE chunks ADD COLUMN checksum BLOB")


def read_stored_s(connection: sqlite3.Connection, after_seq: int) -> int | None:
    """When the first chunk behind ``after_seq`` was stored, in seconds since 1970; None when there is none."""
    row = connection.execute(
        "SELECT stored_s FROM chunks WHERE last_seq > ? ORDER BY last_seq LIMIT 1", (after_seq,)
    ).fetchone()
    return int(row[0]) if row else None


def store(write: sqlite3.Connection, batches: list[Batch], seq: int, day: int) -> tuple[list[Stored], int]:
    """Writes batches with numbers behind ``seq`` on a day since 1970; returns their results and the new bytes.

    Uses as few statements as possible: each one waits for the interpreter's lock, which the event loop holds most of
    the time.
    """
    known = _find_hashes(write, [event.id for batch in batches for _, event in batch.admitted])
    fresh: list[Admitted] = []
    results: list[Stored] = []
    paces = Paces(write)
    for batch in batches:
        conflicts: list[Refused] = []
        before = len(fresh)
        for index, event in batch.admitted:
            known_hash = known.get(event.id)
            if known_hash is None:
                if refusal := event.unless_known or paces.check_pace(batch, event):
                    conflicts.append(Refused(index, refusal, event.raw))
                    continue
                known[event.id] = event.hash
                fresh.append(event)
            elif known_hash != event.hash:
                refusal = StepRefusal(Reason.ID_CONFLICT, ID_CONFLICT, str(UUID(bytes=event.id)), CHECK_ID)
                conflicts.append(Refused(index, refusal, event.raw))
        accepted = len(batch.admitted) - len(conflicts)
        facts = [event.fact for event in fresh[before:] if event.fact]
        results.append(Stored(accepted, accepted - (len(fresh) - before), conflicts, seq + len(fresh), facts))
    if fresh:
        _append_chunks(write, fresh, seq, day)
        paces.save()
    store_refused(write, batches, results)
    return results, sum(len(event.value) for event in fresh)


def _append_chunks(write: sqlite3.Connection, fresh: list[Admitted], seq: int, day: int) -> None:
    now_s = int(time.time())
    for start, end in _split_into_chunks(fresh):
        events = fresh[start:end]
        routes = json.dumps([(event.topic, event.key) for event in events], ensure_ascii=False)
        lines = b"\n".join([event.value for event in events])
        first_seq, last_seq = seq + start + 1, seq + end
        digest = checksum(first_seq, last_seq, routes.encode(), lines)
        write.execute(STORE_CHUNK, (last_seq, first_seq, routes, lines, now_s, digest))
    packed = b"".join([part for event in fresh for part in (event.id, event.hash)])
    write.execute(STORE_IDS, (packed, len(fresh), day))
    facts = [(e.key, e.fact.time.isoformat(timespec="microseconds"), e.fact.type, e.value) for e in fresh if e.fact]
    if facts:
        write.executemany(STORE_FACT, facts)


def _split_into_chunks(events: list[Admitted]) -> Iterator[tuple[int, int]]:
    """Start and end index of each chunk."""
    start, nbytes = 0, 0
    for n, event in enumerate(events):
        if n - start == CHUNK_EVENTS or nbytes > CHUNK_BYTES:
            yield start, n
            start, nbytes = n, 0
        nbytes += len(event.value)
    yield start, len(events)


def _find_hashes(write: sqlite3.Connection, ids: list[bytes]) -> dict[bytes, bytes]:
    return dict(write.execute(FIND_IDS, (b"".join(ids), len(ids))).fetchall())


def drop_delivered(write: sqlite3.Connection, up_to_seq: int, limit: int) -> None:
    """Deletes at most ``limit`` events, oldest first, none behind ``up_to_seq``."""
    write.execute(DROP_DELIVERED, (up_to_seq, limit))


def drop_old_ids(write: sqlite3.Connection, after: bytes, before_day: int, limit: int) -> bytes | None:
    """Checks the next ``limit`` ids behind ``after`` and deletes those stored before a day since 1970.

    Returns the id to continue behind, or None after the last one. It goes in steps because a walk through all ids would
    block the writer.
    """
    row = write.execute("SELECT id FROM seen WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?", (after, limit - 1)).fetchone()
    if row is None:
        write.execute("DELETE FROM seen WHERE id > ? AND day < ?", (after, before_day))
        return None
    write.execute("DELETE FROM seen WHERE id > ? AND id <= ? AND day < ?", (after, row[0], before_day))
    return bytes(row[0])


def read_day(write: sqlite3.Connection) -> OutboxDay | None:
    """The day that was stored last; None in a file that never had one."""
    row = write.execute("SELECT day, jumped_s FROM day").fetchone()
    return OutboxDay(*row) if row else None


def note_day(write: sqlite3.Connection, day: OutboxDay) -> None:
    """Stores the day, to survive a restart."""
    write.execute("INSERT OR REPLACE INTO day (one, day, jumped_s) VALUES (1, ?, ?)", (day.day, day.jumped_s))


def try_to_write(write: sqlite3.Connection, nbytes: int) -> None:
    """Writes and deletes ``nbytes`` bytes, both synced; ``sqlite3.Error`` while the disk does not take them."""
    write.execute("INSERT OR REPLACE INTO trial (one, bytes) VALUES (1, zeroblob(?))", (nbytes,))
    write.execute("DELETE FROM trial")
