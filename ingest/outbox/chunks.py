"""Chunks of the outbox: consecutive events in one row with a checksum, and what is done with one that is damaged.

A damaged chunk is passed over and noted in a table of its own; its row stays as it is. Those of its events that can be
proved whole, by the hash that the outbox keeps of each id, are delivered all the same.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from dataclasses import dataclass, field
from typing import Any

from contract.events.envelope import canonical, content_hash, decode
from contract.events.refusals import Refusal
from contract.events.topics import route
from ingest.outbox.disk_faults import is_damage

STORE_CHUNK = "INSERT INTO chunks (last_seq, first_seq, routes, lines, stored_s, checksum) VALUES (?, ?, ?, ?, ?, ?)"
# Text is read as bytes: damaged text may be no UTF-8.
NEXT_ROW = "SELECT last_seq, first_seq FROM whole_chunks WHERE last_seq > ? ORDER BY last_seq LIMIT 1"
ROW = "SELECT CAST(routes AS BLOB), CAST(lines AS BLOB), checksum FROM chunks WHERE last_seq = ?"
NOTED = "SELECT last_seq, cause, chunk FROM damaged WHERE first_seq <= ?1 AND last_seq >= ?1"
NBYTES = "SELECT coalesce(length(lines) + first_seq - last_seq, 0) FROM chunks WHERE last_seq = ?"
NEXT_FIRST_SEQ = "SELECT min(first_seq) FROM chunks WHERE first_seq > ? AND last_seq <> ?"
NOTE = "INSERT INTO damaged (first_seq, last_seq, chunk, cause, rescued, noted_s) VALUES (?, ?, ?, ?, ?, ?)"
LIST = """
SELECT damaged.first_seq, damaged.last_seq, cause, rescued, noted_s, stored_s, chunk
FROM damaged LEFT JOIN chunks ON chunks.last_seq = damaged.chunk ORDER BY damaged.first_seq
"""

Route = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive events of the outbox, the last of them number ``last_seq``: topic and key of each, and its bytes."""

    last_seq: int
    routes: list[Route]
    values: list[bytes]


@dataclass(frozen=True, slots=True)
class DamagedChunk:
    """Events ``first_seq`` to ``last_seq`` that cannot be delivered as they are; ``rescued`` are those still whole.

    ``row`` is the key of the row at fault, None when there is none; ``nbytes`` are its lines without their breaks.
    ``is_noted`` when the outbox knows it already.
    """

    first_seq: int
    last_seq: int
    cause: str
    row: int | None = None
    nbytes: int = 0
    is_noted: bool = False
    rescued: list[tuple[Route, bytes]] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """How many of the events are not whole."""
        return self.last_seq + 1 - self.first_seq - len(self.rescued)


def checksum(first_seq: int, last_seq: int, routes: bytes, lines: bytes) -> bytes:
    """Sixteen bytes over all that a chunk says."""
    digest = hashlib.blake2b(b"%d %d %d\n" % (first_seq, last_seq, len(routes)), digest_size=16)
    digest.update(routes)
    digest.update(lines)
    return digest.digest()


def read_chunk(connection: sqlite3.Connection, after_seq: int) -> Chunk | DamagedChunk | None:
    """The chunk that goes on behind ``after_seq``; None when there is none.

    Raises ``sqlite3.DatabaseError`` when not even the order of the chunks can be read.
    """
    if noted := connection.execute(NOTED, (after_seq + 1,)).fetchone():
        last_seq, cause, row = noted
        rescued = _whole(connection, row)[: last_seq - after_seq]
        return DamagedChunk(after_seq + 1, last_seq, cause, row, is_noted=True, rescued=rescued)
    row = connection.execute(NEXT_ROW, (after_seq,)).fetchone()
    if row is None:
        return None
    last_seq, first_seq = row
    try:
        routes, lines, kept = connection.execute(ROW, (last_seq,)).fetchone()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return _damaged(connection, after_seq, last_seq, f"its row cannot be read: {error}")
    if not (chunk := _intact(first_seq, last_seq, routes, lines, kept)):
        return _damaged(connection, after_seq, last_seq, "its bytes are not those that were written (checksum)")
    if first_seq > after_seq + 1:
        return DamagedChunk(after_seq + 1, first_seq - 1, "there is no row with these events")
    return chunk


def _intact(first_seq: Any, last_seq: int, routes: Any, lines: Any, kept: Any) -> Chunk | None:
    """The chunk, if its checksum is right; of one that was written without a checksum, if its parts fit each other."""
    # In a damaged row a column may have any type.
    if not isinstance(first_seq, int) or not isinstance(routes, bytes) or not isinstance(lines, bytes):
        return None
    if kept is not None:
        if kept != checksum(first_seq, last_seq, routes, lines):
            return None
        return Chunk(last_seq, json.loads(routes), lines.split(b"\n"))
    values = lines.split(b"\n")
    try:
        parsed = json.loads(routes)
        for value in values:
            json.loads(value)
    except ValueError:
        return None
    fits = isinstance(parsed, list) and len(parsed) == len(values) == last_seq + 1 - first_seq
    return Chunk(last_seq, parsed, values) if fits else None


def _damaged(connection: sqlite3.Connection, after_seq: int, row: int, cause: str) -> DamagedChunk:
    """What is left of a damaged row. Its own numbers may be wrong: it ends before any other row begins."""
    last_seq = row
    try:
        next_first_seq: int | None = connection.execute(NEXT_FIRST_SEQ, (after_seq, row)).fetchone()[0]
        if isinstance(next_first_seq, int):
            last_seq = min(row, next_first_seq - 1)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    rescued = _whole(connection, row)[: last_seq - after_seq]
    nbytes = connection.execute(NBYTES, (row,)).fetchone()[0]
    return DamagedChunk(after_seq + 1, last_seq, cause, row, nbytes, rescued=rescued)


def _lines_of(connection: sqlite3.Connection, row: int | None) -> bytes | None:
    """The lines of a damaged row as far as they can be read."""
    try:
        content = connection.execute(ROW, (row,)).fetchone()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return None
    return content[1] if content and isinstance(content[1], bytes) else None


def _whole(connection: sqlite3.Connection, row: int | None) -> list[tuple[Route, bytes]]:
    """The events of a damaged row whose content has the hash that was kept when they were admitted."""
    whole = []
    lines = _lines_of(connection, row) or b""
    for value in lines.split(b"\n"):
        event = decode(value)
        if isinstance(event, Refusal):
            continue
        seen = connection.execute("SELECT hash FROM seen WHERE id = ?", (event.id.bytes,)).fetchone()
        if seen and seen[0] == content_hash(canonical(event)):
            whole.append((route(event), value))
    return whole


def note_damage(connection: sqlite3.Connection, chunk: DamagedChunk, noted_s: int) -> None:
    """Writes down, synced, that these events are set aside."""
    connection.execute(NOTE, (chunk.first_seq, chunk.last_seq, chunk.row, chunk.cause, len(chunk.rescued), noted_s))


def damaged_chunks(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """All that was set aside, with what can be read of its lines (None when nothing can)."""
    found = []
    for first_seq, last_seq, cause, rescued, noted_s, stored_s, row in connection.execute(LIST).fetchall():
        numbers = {"first_seq": first_seq, "last_seq": last_seq, "rescued": rescued}
        times = {"noted_s": noted_s, "stored_s": stored_s}
        found.append({**numbers, "cause": cause, **times, "lines": _lines_of(connection, row)})
    return found
