"""Refused lines in the outbox file: they are kept for their senders and must never take the room of events."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ingest.outbox.batch import Batch, Refused, Stored

PAGE_BYTES = 16_000_000
REFUSED_ROW_BYTES = 64
"""Disk space of a refused line beside its texts; the view ``refused_sizes`` has the same number."""

STORE_REFUSED = "INSERT INTO refused (received_at, sender, reason, detail, id, raw) VALUES (?, ?, ?, ?, ?, ?)"

RefusedRow = tuple[int, str, str, str, str, str | None, bytes]
"""Number, instant, sender, reason, detail, id, raw bytes."""


def store_refused(write: sqlite3.Connection, batches: Sequence[Batch], results: Sequence[Stored]) -> None:
    """Writes the refused lines of these batches, those that the outbox itself refused included."""
    rows = [
        (batch.received_at, batch.sender, line.refusal.reason.value, line.refusal.detail, line.refusal.id, line.raw)
        for batch, result in zip(batches, results, strict=True)
        for line in [*batch.refused, *result.conflicts]
    ]
    if rows:
        write.executemany(STORE_REFUSED, rows)


def read_refused(connection: sqlite3.Connection, after: int, limit: int) -> list[RefusedRow]:
    """At most ``limit`` refused lines behind number ``after``; fewer when they exceed ``PAGE_BYTES``."""
    rows: list[RefusedRow] = []
    nbytes = 0
    for row in connection.execute(
        "SELECT seq, received_at, sender, reason, detail, id, raw FROM refused WHERE seq > ? ORDER BY seq LIMIT ?",
        (after, limit),
    ):
        rows.append(row)
        nbytes += len(row[-1])
        if nbytes > PAGE_BYTES:
            break
    return rows


def drop_refused(write: sqlite3.Connection, excess_bytes: int, limit: int) -> int:
    """Deletes the oldest refused lines, at most ``limit``, until ``excess_bytes`` are free; returns the freed bytes."""
    freed, last_seq = 0, 0
    for seq, nbytes in write.execute("SELECT seq, nbytes FROM refused_sizes ORDER BY seq LIMIT ?", (limit,)):
        if freed >= excess_bytes:
            break
        freed, last_seq = freed + nbytes, seq
    write.execute("DELETE FROM refused WHERE seq <= ?", (last_seq,))
    return freed


def refused_row_bytes(batch: Batch, line: Refused) -> int:
    """Disk space of one refused line, as the view ``refused_sizes`` computes it."""
    refusal = line.refusal
    texts = (refusal.detail, refusal.id or "", batch.sender, refusal.reason.value, batch.received_at)
    return len(line.raw) + sum(len(text.encode()) for text in texts) + REFUSED_ROW_BYTES


def sum_refused_bytes(batches: Sequence[Batch], results: Sequence[Stored]) -> int:
    """Disk space of all refused lines of these batches."""
    return sum(
        refused_row_bytes(batch, line)
        for batch, result in zip(batches, results, strict=True)
        for line in [*batch.refused, *result.conflicts]
    )
