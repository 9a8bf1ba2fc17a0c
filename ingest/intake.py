"""One request's way through the door: lines in, in chunks, and the account of every one of them out."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from contract.refusals import Reason
from ingest.admission import Sender
from ingest.batch import Refused, Stored
from ingest.door import Door
from ingest.gathering import Gathering

CHUNK_EVENTS = 500
CHUNK_BYTES = 1_000_000
# A long body must not be read faster than the disk takes it.
MAX_CHUNKS_WAITING = 4
UNREADABLE = {Reason.NOT_JSON.value, Reason.NOT_UTF8.value}


class Intake:
    """Takes the lines of one request. ``OutboxError`` from any method: the sender should come again."""

    def __init__(self, door: Door, gathering: Gathering, sender: Sender) -> None:
        self.count = 0
        self.accepted = 0
        self.rejected: list[dict[str, Any]] = []
        self.last_seq = 0
        self._door = door
        self._gathering = gathering
        self._sender = sender
        self._new_units: set[str] = set()
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._waiting: deque[asyncio.Future[Stored]] = deque()

    async def take(self, lines: list[bytes]) -> None:
        """Judges lines and hands them to the outbox, waiting when much is under way."""
        for line in lines:
            self._lines.append(line)
            self._line_bytes += len(line)
            if len(self._lines) >= CHUNK_EVENTS or self._line_bytes >= CHUNK_BYTES:
                self._admit()
                if len(self._waiting) > MAX_CHUNKS_WAITING:
                    await self._account(self._waiting.popleft())
                else:
                    # One large file must not keep a tablet's tap waiting.
                    await asyncio.sleep(0)

    async def finish(self) -> None:
        """Returns once every accepted event is synced."""
        if self._lines:
            self._admit()
        while self._waiting:
            await self._account(self._waiting.popleft())
        self.rejected.sort(key=lambda entry: entry["index"])

    def _admit(self) -> None:
        lines = list(enumerate(self._lines, self.count))
        self.count += len(lines)
        self._lines, self._line_bytes = [], 0
        batch = self._door.judged(lines, self._sender, self._new_units)
        self._reject(batch.refused)
        self._waiting.append(self._gathering.hand_in(batch))

    @property
    def nothing_read(self) -> bool:
        """Whether not one line was JSON."""
        return len(self.rejected) == self.count and all(entry["reason"] in UNREADABLE for entry in self.rejected)

    async def _account(self, future: asyncio.Future[Stored]) -> None:
        stored = await future
        self.accepted += stored.accepted
        self.last_seq = stored.last_seq
        self._reject(stored.conflicts)

    def _reject(self, lines: list[Refused]) -> None:
        for line in lines:
            told = {"id": line.refusal.id, "reason": line.refusal.reason.value, "detail": line.refusal.detail}
            self.rejected.append({"index": line.index, **told})
