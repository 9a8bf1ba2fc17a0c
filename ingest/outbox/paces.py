"""Limits how many events of one minute and of one hour a tablet may send, at the pace at which people can tap.

Events count by the time when they happened, not when they arrive: after a time without network a tablet may send all
that it kept at once. The counts are stored in the transaction that stores the events, so that a repeated tap is not
counted twice and a restart loses no count.
"""

from __future__ import annotations

import sqlite3
from uuid import UUID

from contract.events.refusals import Reason
from ingest.outbox.batch import Admitted, Batch, StepRefusal

PER_MINUTE = 30
"""The tablet page takes one answer each two seconds (DEAD_MS in feedback_app/tablet/question/rating.js)."""

HEARTBEATS_PER_HOUR = 240
"""One a minute, and one at each start of the page."""

FIND = "SELECT minutes FROM paces WHERE device = ? AND type = ? AND hour = ?"
STORE = """
INSERT INTO paces (device, type, hour, minutes) VALUES (?, ?, ?, ?)
ON CONFLICT (device, type, hour) DO UPDATE SET minutes = excluded.minutes
"""


class Paces:
    """Counts of one transaction: read when needed, stored at its end by ``save``."""

    def __init__(self, write: sqlite3.Connection) -> None:
        self._write = write
        self._hours: dict[tuple[str, str, int], bytearray] = {}

    def check_pace(self, batch: Batch, event: Admitted) -> StepRefusal | None:
        """Counts a tablet's new event, or refuses it when its minute or hour is full. Systems have no limit."""
        if batch.ratings_per_hour is None:
            return None
        is_rating = event.type == "rating.submitted"
        per_hour = batch.ratings_per_hour if is_rating else HEARTBEATS_PER_HOUR
        hour, minute = divmod(event.minute, 60)
        minutes = self._read_minutes(batch.sender, event.type, hour)
        kind = "ratings" if is_rating else "heartbeats"
        for bound, count, span in ((PER_MINUTE, minutes[minute], "minute"), (per_hour, sum(minutes), "hour")):
            if count >= bound:
                detail = f"time: {bound} {kind} of this {span} were taken from this tablet, and it may hand in no more"
                return StepRefusal(Reason.TOO_MANY, detail, str(UUID(bytes=event.id)), "check_pace")
        minutes[minute] += 1
        return None

    def save(self) -> None:
        """Writes the counts."""
        self._write.executemany(STORE, [(*key, bytes(minutes)) for key, minutes in self._hours.items()])

    def _read_minutes(self, device: str, event_type: str, hour: int) -> bytearray:
        key = (device, event_type, hour)
        if key not in self._hours:
            row = self._write.execute(FIND, key).fetchone()
            self._hours[key] = bytearray(row[0] if row else 60)
        return self._hours[key]


def drop_old_paces(write: sqlite3.Connection, before_day: int) -> None:
    """Deletes the counts of hours before a day since 1970."""
    write.execute("DELETE FROM paces WHERE hour < ?", (before_day * 24,))
