"""Chunks of the outbox: consecutive events in one row with a checksum. Detects damaged chunks and rescues their events.

A damaged chunk is passed over and noted in a table of its own; its row stays as it is. Events of it are still delivered
when the hash that the outbox keeps with each id proves that they are intact.
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
# Text is read as bytes, because damaged text may not be UTF-8.
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
    """Consecutive events up to number ``last_seq``: topic and key of each event, and its bytes."""

    last_seq: int
    routes: list[Route]
    values: list[bytes]


@dataclass(frozen=True, slots=True)
class DamagedChunk:
    """Events ``first_seq`` to ``last_seq`` of a row that is damaged or missing; ``rescued`` are those still intact.

    ``row`` is the key of the damaged row, None when it is missing; ``nbytes`` is the size of its lines without line
    breaks. ``is_noted`` is true when the file already has a note of the damage.
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
        """The number of events that are not intact."""
        return self.last_seq + 1 - self.first_seq - len(self.rescued)


def checksum(first_seq: int, last_seq: int, routes: bytes, lines: bytes) -> bytes:
    """Checksum of a chunk, 16 bytes (BLAKE2b)."""
    digest = hashlib.blake2b(b"%d %d %d\n" % (first_seq, last_seq, len(routes)), digest_size=16)
    digest.update(routes)
    digest.update(lines)
    return digest.digest()


def read_chunk(connection: sqlite3.Connection, after_seq: int) -> Chunk | DamagedChunk | None:
    """The chunk behind ``after_seq``; None when there is none.

    Raises ``sqlite3.DatabaseError`` when the index of the chunks cannot be read.
    """
    if noted := connection.execute(NOTED, (after_seq + 1,)).fetchone():
        last_seq, cause, row = noted
        rescued = _rescue_events(connection, row)[: last_seq - after_seq]
        return DamagedChunk(after_seq + 1, last_seq, cause, row, is_noted=True, rescued=rescued)
    row = connection.execute(NEXT_ROW, (after_seq,)).fetchone()
    if row is None:
        return None
    last_seq, first_seq = row
    try:
        routes, lines, digest = connection.execute(ROW, (last_seq,)).fetchone()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return _describe_damage(connection, after_seq, last_seq, f"its row cannot be read: {error}")
    if not (chunk := _verify(first_seq, last_seq, routes, lines, digest)):
        return _describe_damage(connection, after_seq, last_seq, "its bytes are not those that were written (checksum)")
    if first_seq > after_seq + 1:
        return DamagedChunk(after_seq + 1, first_seq - 1, "there is no row with these events")
    return chunk


def _verify(first_seq: Any, last_seq: int, routes: Any, lines: Any, digest: Any) -> Chunk | None:
    """The chunk if its checksum is right, or if its parts fit each other where it has no checksum; None if damaged."""
    # In a damaged row a column may have any type.
    if not isinstance(first_seq, int) or not isinstance(routes, bytes) or not isinstance(lines, bytes):
        return None
    if digest is not None:
        if digest != checksum(first_seq, last_seq, routes, lines):
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


def _describe_damage(connection: sqlite3.Connection, after_seq: int, row: int, cause: str) -> DamagedChunk:
    """The damaged chunk of a row. Its own numbers may be wrong, so it ends before the next row begins."""
    last_seq = row
    try:
        next_first_seq: int | None = connection.execute(NEXT_FIRST_SEQ, (after_seq, row)).fetchone()[0]
        if isinstance(next_first_seq, int):
            last_seq = min(row, next_first_seq - 1)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
    rescued = _rescue_events(connection, row)[: last_seq - after_seq]
    nbytes = connection.execute(NBYTES, (row,)).fetchone()[0]
    return DamagedChunk(after_seq + 1, last_seq, cause, row, nbytes, rescued=rescued)


def _read_lines(connection: sqlite3.Connection, row: int | None) -> bytes | None:
    """The lines of a damaged row; None when they cannot be read."""
    try:
        content = connection.execute(ROW, (row,)).fetchone()
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        return None
    return content[1] if content and isinstance(content[1], bytes) else None


def _rescue_events(connection: sqlite3.Connection, row: int | None) -> list[tuple[Route, bytes]]:
    """The events of a damaged row whose content still has the hash that was stored when they were admitted."""
    intact = []
    lines = _read_lines(connection, row) or b""
    for value in lines.split(b"\n"):
        event = decode(value)
        if isinstance(event, Refusal):
            continue
        seen = connection.execute("SELECT hash FROM seen WHERE id = ?", (event.id.bytes,)).fetchone()
        if seen and seen[0] == content_hash(canonical(event)):
            intact.append((route(event), value))
    return intact


def note_damage(connection: sqlite3.Connection, chunk: DamagedChunk, noted_s: int) -> None:
    """Records, synced, that this chunk is damaged and passed over."""
    connection.execute(NOTE, (chunk.first_seq, chunk.last_seq, chunk.row, chunk.cause, len(chunk.rescued), noted_s))


def list_damaged_chunks(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """All damaged chunks, with their lines if these can be read (else None)."""
    damaged = []
    for first_seq, last_seq, cause, rescued, noted_s, stored_s, row in connection.execute(LIST).fetchall():
        numbers = {"first_seq": first_seq, "last_seq": last_seq, "rescued": rescued}
        times = {"noted_s": noted_s, "stored_s": stored_s}
        damaged.append({**numbers, "cause": cause, **times, "lines": _read_lines(connection, row)})
    return damaged
