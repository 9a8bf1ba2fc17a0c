"""How fast people tap: how many events of one minute and of one hour a tablet may hand in, whenever it does.

Counted by when the events happened, so that a tablet may send all that it kept without a network at once. The counts
are stored in the transaction that stores the events: a tap sent again is not counted again, and a restart forgets none.
"""

from __future__ import annotations

import sqlite3
from uuid import UUID

from contract.events.refusals import Reason, Refusal
from ingest.admission.admission import Admitted
from ingest.outbox.batch import Batch

PER_MINUTE = 30
"""The page takes one answer each two seconds (DEAD_MS in feedback_app/tablet/question/rating.js)."""

HEARTBEATS_PER_HOUR = 240
"""One a minute, and one at each start of the page."""

FIND = "SELECT minutes FROM paces WHERE device = ? AND type = ? AND hour = ?"
STORE = """
INSERT INTO paces (device, type, hour, minutes) VALUES (?, ?, ?, ?)
ON CONFLICT (device, type, hour) DO UPDATE SET minutes = excluded.minutes
"""


class Paces:
    """The counts that one transaction reads and, at its end, stores."""

    def __init__(self, write: sqlite3.Connection) -> None:
        self._write = write
        self._hours: dict[tuple[str, str, int], bytearray] = {}

    def refusal(self, batch: Batch, event: Admitted) -> Refusal | None:
        """Why a tablet's new event is one too many; None counts it. A system's events are not counted."""
        if batch.ratings_per_hour is None:
            return None
        is_rating = event.type == "rating.submitted"
        per_hour = batch.ratings_per_hour if is_rating else HEARTBEATS_PER_HOUR
        hour, minute = divmod(event.minute, 60)
        minutes = self._minutes(batch.sender, event.type, hour)
        what = "ratings" if is_rating else "heartbeats"
        for bound, there, span in ((PER_MINUTE, minutes[minute], "minute"), (per_hour, sum(minutes), "hour")):
            if there >= bound:
                detail = f"time: {bound} {what} of this {span} were taken from this tablet, and it may hand in no more"
                return Refusal(Reason.TOO_MANY, detail, str(UUID(bytes=event.id)))
        minutes[minute] += 1
        return None

    def save(self) -> None:
        """Stores the counts."""
        self._write.executemany(STORE, [(*key, bytes(minutes)) for key, minutes in self._hours.items()])

    def _minutes(self, device: str, kind: str, hour: int) -> bytearray:
        key = (device, kind, hour)
        if key not in self._hours:
            row = self._write.execute(FIND, key).fetchone()
            self._hours[key] = bytearray(row[0] if row else 60)
        return self._hours[key]


def drop_old_paces(write: sqlite3.Connection, before_day: int) -> None:
    """Forgets the counts of hours before a day since 1970."""
    write.execute("DELETE FROM paces WHERE hour < ?", (before_day * 24,))
