"""Deletes from the outbox file: delivered events after a while, known ids by age, the oldest refused lines."""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Callable

from ingest.outbox.day import DAY_S, OutboxDay
from ingest.outbox.limits import OutboxLimits
from ingest.outbox.paces import drop_old_paces
from ingest.outbox.refused import drop_refused
from ingest.outbox.store import drop_delivered, drop_old_ids, note_day, read_day
from runtime.telemetry import log

# Above 4 MB a second delivered events go earlier than by time, so that an import does not fill the disk.
KEEP_DELIVERED_BYTES = 500_000_000
PRUNE_ROWS = 20_000
PRUNE_DELIVERED = 200_000
# The file is not written each second only to store the day.
NOTE_DAY_EVERY_S = 60.0


class Pruner:
    """Used by the thread that writes the outbox. ``make_room`` runs inside the caller's transaction."""

    def __init__(self, write: sqlite3.Connection, limits: OutboxLimits, wall_s: Callable[[], float]) -> None:
        self._write = write
        self._limits = limits
        self._wall_s = wall_s
        self.refused_bytes: int = write.execute("SELECT coalesce(sum(nbytes), 0) FROM refused_sizes").fetchone()[0]
        self._freed_bytes = 0
        self._noted_seq: int = write.execute("SELECT seq FROM delivered").fetchone()[0]
        # When each number was seen as delivered, with the bytes delivered by then since the start.
        self._deliveries: deque[tuple[float, int, int]] = deque()
        # The id up to which this day's walk has come; None when it is through.
        self._last_checked_id: bytes | None = b""
        self._ids_pruned_day = 0
        self._day = read_day(write) or OutboxDay(int(wall_s()) // DAY_S)
        self._day_at_s = time.monotonic()
        self._day_noted_s = float("-inf")

    @property
    def day(self) -> int:
        """The day since 1970 with which ids are stored."""
        return self._day.day

    def make_room(self, new_bytes: int, new_lines: int) -> int:
        """Deletes the oldest refused lines as far as the new ones go beyond the limit; returns the freed bytes."""
        excess_bytes = self.refused_bytes + new_bytes - self._limits.refused_max_bytes
        if excess_bytes <= 0:
            return 0
        return drop_refused(self._write, excess_bytes, PRUNE_ROWS + 2 * new_lines)

    def count_refused(self, stored_bytes: int, freed_bytes: int) -> None:
        """Counts refused lines once their transaction is committed."""
        self.refused_bytes += stored_bytes - freed_bytes
        self._freed_bytes += freed_bytes

    def prune(self, delivered_seq: int, delivered_bytes: int) -> None:
        """One round in its own transaction. On ``sqlite3.Error`` the caller rolls back; the next round tries again."""
        self._write.execute("BEGIN IMMEDIATE")
        self.prune_delivered(delivered_seq, delivered_bytes)
        last_checked_id = self._prune_ids()
        freed = self.make_room(0, 0)
        self._write.execute("COMMIT")
        self._noted_seq, self._last_checked_id = delivered_seq, last_checked_id
        self.refused_bytes -= freed
        freed_bytes, self._freed_bytes = self._freed_bytes + freed, 0
        if freed_bytes:
            log.warning("oldest_refused_lines_dropped", freed_bytes=freed_bytes, kept_bytes=self.refused_bytes)

    def prune_delivered(self, seq: int, nbytes: int) -> None:
        """Deletes events that were delivered long enough ago, no matter how long they had waited before."""
        now_s = time.monotonic()
        if not self._deliveries or self._deliveries[-1][1] != seq:
            self._deliveries.append((now_s, seq, nbytes))
        if seq != self._noted_seq:
            self._write.execute("UPDATE delivered SET seq = ?", (seq,))

        def is_due(delivery: tuple[float, int, int]) -> bool:
            at_s, _, bytes_by_then = delivery
            return at_s <= now_s - self._limits.keep_delivered_s or nbytes - bytes_by_then > KEEP_DELIVERED_BYTES

        while len(self._deliveries) > 1 and is_due(self._deliveries[1]):
            self._deliveries.popleft()
        if is_due(self._deliveries[0]):
            drop_delivered(self._write, self._deliveries[0][1], PRUNE_DELIVERED)

    def _prune_ids(self) -> bytes | None:
        today = self._advance_day()
        if today != self._ids_pruned_day:
            self._ids_pruned_day, self._last_checked_id = today, b""
            drop_old_paces(self._write, today - self._limits.tablet_backlog_days - 1)
        if self._last_checked_id is None:
            return None
        return drop_old_ids(self._write, self._last_checked_id, today - self._limits.id_retention_days, PRUNE_ROWS)

    def _advance_day(self) -> int:
        """Advances the day by the clock and stores it; returns the day since 1970 by which ids age."""
        now_s = time.monotonic()
        former, self._day = self._day, self._day.advance(now_s - self._day_at_s, self._wall_s())
        self._day_at_s = now_s
        if self._day.jumped_s and not former.jumped_s:
            remedy = "set this machine's clock right; known ids are kept as they are for a day"
            log.warning("clock_jumped", from_day=former.day, to_day=int(self._wall_s()) // DAY_S, remedy=remedy)
        if self._day.day != former.day or now_s - self._day_noted_s > NOTE_DAY_EVERY_S:
            note_day(self._write, self._day)
            self._day_noted_s = now_s
        return self._day.day
